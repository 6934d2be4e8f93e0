"""What the assistant says: turns typed answers of the knowledge base into replies with wording and options."""

from typing import Any
from urllib.parse import urlsplit

from connectors import metrics
from connectors.knowledge_base import KnowledgeBase
from connectors.municipality import Municipality
from connectors.types import Kind, Language, Reply
from connectors.wording import say
from knowledge.answer import Answer, Answerer, Question, Result
from knowledge.article import Article, Link, Passage
from knowledge.emergency import emergency_text
from knowledge.readability import plain_text

_EXCERPT = 200
_ALTERNATIVES = 2
_SOURCES = 2


class Assistant:
    """Answers a question with replies. Knows no conversation and stores nothing."""

    def __init__(self, knowledge: KnowledgeBase, municipality: Municipality) -> None:
        self._knowledge = knowledge
        self._municipality = municipality

    async def respond(self, question: Question) -> tuple[Answer, list[Reply]]:
        """The typed answer to a question, and how it is said.

        Small talk and a wish for a person come back with no reply: the dialogue decides on those.

        Raises:
            NotReady: While the index is being loaded.
        """
        with metrics.SEARCH_SECONDS.time():
            answer = await self._knowledge.run(lambda answerer: answerer.answer(question))
        return answer, self._replies(answer, question)

    async def follow_up(self, question: Question) -> list[Reply]:
        """The reply if the question is about the topic talked of last; [] if it stands for itself.

        Raises:
            NotReady: While the index is being loaded.
        """
        answer = await self._knowledge.run(lambda answerer: answerer.follow_up(question))
        return self._replies(answer, question) if answer else []

    async def about(self, topic: str, question: Question) -> list[Reply]:
        """The reply when an option with a topic was chosen; [] if there is no such topic any more."""

        def work(answerer: Answerer) -> Answer | None:
            return answerer.about(topic, question)

        answer = await self._knowledge.run(work)
        return self._replies(answer, question) if answer else []

    def greeting(self, language: Language) -> Reply:
        """The first message: says that this is a machine."""
        text = say("greeting", language, municipality=self._municipality.name_in(language))
        return Reply(Kind.GREETING, text, language, details={"disclosure": "1"})

    def option_handover(self, language: str) -> dict[str, Any]:
        """The button that asks for a person."""
        label = say("option_handover", language)
        return {"label": label, "value": label, "action": "handover"}

    def _replies(self, answer: Answer, question: Question) -> list[Reply]:
        language = question.language
        details: dict[str, Any] = {"result": answer.result, "intent": answer.intent, **answer.explanation}
        match answer.result:
            case Result.ANSWER:
                return [self._quoted(Kind.ANSWER, "", answer, language, details, person=_needs_person(answer))]
            case Result.NO_DECISION:
                return [self._with_rule(Kind.NO_DECISION, "no_decision", answer, language, details)]
            case Result.PERSONAL_DATA:
                return [self._with_rule(Kind.SENSITIVE, "personal_data", answer, language, details)]
            case Result.SENSITIVE if answer.intent == "sensitive.person_lookup":
                return [self._plain(Kind.SENSITIVE, say("person_lookup", language), answer, language, details)]
            case Result.SENSITIVE:
                return [self._with_rule(Kind.SENSITIVE, "sensitive", answer, language, details)]
            case Result.CRISIS:
                text = emergency_text(answer.intent, language)
                return [self._plain(Kind.SENSITIVE, text, answer, language, {**details, "urgency": "high"})]
            case Result.CLARIFY:
                return [self._clarify(answer, language, details)]
            case Result.OUT_OF_SCOPE:
                text = self._not_ours(answer, language)
                return [self._plain(Kind.OUT_OF_SCOPE, text, answer, language, details)]
            case Result.ABUSE:
                return [self._plain(Kind.OUT_OF_SCOPE, say("abuse", language), answer, language, details)]
            case Result.OTHER_LANGUAGE:
                return [self._plain(Kind.NO_ANSWER, say("other_language", language), answer, language, details)]
            case Result.NO_ANSWER:
                key = "gibberish" if answer.intent == "general.gibberish" else "no_answer"
                return [self._plain(Kind.NO_ANSWER, say(key, language), answer, language, details)]
            case _:
                return []

    def _quoted(
        self, kind: Kind, opening: str, answer: Answer, language: str, details: dict[str, Any], *, person: bool
    ) -> Reply:
        article = answer.article
        assert article is not None
        options: list[dict[str, Any]] = [
            {"label": link.title, "value": link.url, "url": link.url} for link in article.self_service
        ]
        # The next best topics, where they are not far behind: the citizen can say "no, that one".
        options += [
            {"label": say("did_you_mean", language, title=other.title), "value": other.title, "topic": other.topic}
            for other, _ in answer.candidates
            if other.topic != article.topic
        ][:_ALTERNATIVES]
        if person:
            options.append(self.option_handover(language))
        return Reply(
            kind=kind,
            text="\n\n".join(part for part in (opening, *(p.text for p in answer.passages)) if part),
            language=language,
            sources=[self._source(article, link, language) for link in self._own_first(article.sources)[:_SOURCES]],
            options=options,
            provenance={
                "article": f"{article.language}/{article.topic}",
                "revision": article.revision,
                "passage": [passage.heading for passage in answer.passages],
                "title": article.title,
            },
            confidence=round(answer.probability, 3),
            details=details,
        )

    def _with_rule(self, kind: Kind, key: str, answer: Answer, language: str, details: dict[str, Any]) -> Reply:
        """A careful opening, the rule where the topic is clear, and always a person."""
        if answer.article and answer.passages:
            return self._quoted(kind, say(key, language), answer, language, details, person=True)
        return self._plain(kind, say(f"{key}_plain", language), answer, language, details)

    def _plain(self, kind: Kind, text: str, answer: Answer, language: str, details: dict[str, Any]) -> Reply:
        return Reply(
            kind=kind,
            text=text,
            language=language,
            options=[self.option_handover(language)],
            confidence=round(answer.probability, 3),
            details=details,
        )

    def _clarify(self, answer: Answer, language: str, details: dict[str, Any]) -> Reply:
        options: list[dict[str, Any]] = [
            {"label": article.title, "value": article.title, "topic": article.topic} for article, _ in answer.candidates
        ]
        return Reply(
            kind=Kind.CLARIFY,
            text=say("clarify", language),
            language=language,
            options=[*options, self.option_handover(language)],
            confidence=round(answer.probability, 3),
            details=details,
        )

    def _not_ours(self, answer: Answer, language: str) -> str:
        name = self._municipality.name_in(language)
        group = answer.intent.split(".")[0]
        if answer.authority:
            url = answer.authority.url
            host = urlsplit(url).netloc.removeprefix("www.")
            who = answer.authority.name_in(language)
            return say("out_of_scope_authority", language, municipality=name, authority=who, host=host, url=url)
        if answer.place:
            return say("out_of_scope_place", language, municipality=name, place=answer.place)
        if group == "other_municipality":
            return say("out_of_scope_municipality", language, municipality=name)
        if group == "opinion":
            return say("out_of_scope_opinion", language)
        if group == "steering":
            return say("out_of_scope_steering", language)
        own = say("out_of_scope_own_service", language)
        return f"{say('out_of_scope', language, municipality=name)} {own}"

    def _own_first(self, links: tuple[Link, ...]) -> list[Link]:
        """The municipality's own pages before other authorities'."""
        own = urlsplit(self._municipality.website).netloc.removeprefix("www.")
        return sorted(links, key=lambda link: not urlsplit(link.url).netloc.endswith(own))

    def _source(self, article: Article, link: Link, language: str) -> dict[str, Any]:
        return {
            "topic": article.topic,
            "title": link.title,
            "url": link.url,
            "owner": self._municipality.team(article.owner).in_language(language),
            "reviewed": article.reviewed.isoformat(),
        }


def _needs_person(answer: Answer) -> bool:
    """On sensitive topics, and where Klara is not quite sure, a person is one press away in the reply itself."""
    return bool(answer.article and answer.article.sensitive) or answer.probability < 0.6


def excerpt(passage: Passage) -> str:
    """The beginning of a passage as plain text, for lists of results."""
    text = plain_text(passage.text).replace("\n", " ")
    return text if len(text) <= _EXCERPT else text[:_EXCERPT].rsplit(" ", 1)[0] + " …"
