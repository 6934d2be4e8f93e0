"""One turn: what a citizen's message comes to. The steps of ``TurnService.handle`` in order."""

import re
import time
from dataclasses import replace
from typing import Any

import structlog

from connectors import metrics
from connectors.assistant import Assistant
from connectors.handover.service import HandoverService
from connectors.knowledge_base import NotReady
from connectors.rasa_client import RasaClient, RasaFailed, TurnRequest
from connectors.record.conversations import ConversationStore
from connectors.types import (
    Context,
    Conversation,
    Kind,
    Language,
    Message,
    Outcome,
    Reason,
    Reply,
    Speaker,
    State,
    Urgency,
)
from connectors.wording import say
from knowledge.answer import Answer, Question, Result
from nlu.text.personal_data import PersonalData

log = structlog.get_logger(__name__)

_WORDS = re.compile(r"\w+")
_MISSES_TO_OFFER = 2


class TurnService:
    """Routes a message to the employee, the option that was chosen, Rasa, or, if Rasa fails, the knowledge base."""

    def __init__(
        self, conversations: ConversationStore, assistant: Assistant, handovers: HandoverService, rasa: RasaClient
    ) -> None:
        self._conversations = conversations
        self._assistant = assistant
        self._handovers = handovers
        self._rasa = rasa

    async def handle(self, conversation_id: str, seq: int) -> Outcome:
        """The outcome of message ``seq``: delivered to an employee, answered, or answered without Rasa."""
        started = time.perf_counter()
        conversation = await self._conversations.get(conversation_id)
        messages = await self._conversations.messages_after(conversation_id, max(0, seq - 8))
        message = next(m for m in messages if m.seq == seq)
        outcome = (
            self._delivered(conversation)
            or await self._chosen_option(conversation, message, messages)
            or await self._follow_up(conversation, message)
            or await self._through_rasa(conversation, message)
        )
        for reply in outcome.replies:
            metrics.REPLIES.labels(kind=reply.kind.value).inc()
        metrics.TURN_SECONDS.observe(time.perf_counter() - started)
        return outcome

    async def give_up(self, conversation_id: str, seq: int) -> Outcome:
        """The message failed every time: it is kept, and a person is offered."""
        conversation = await self._conversations.get(conversation_id)
        opening = say("failed", conversation.language)
        offer = self._handovers.offer(conversation, None)
        reply = replace(offer, text=opening)
        return Outcome([reply], replace(conversation.context, offered="handover", unresolved=seq), name="failed")

    # The steps --------------------------------------------------------------------------------

    def _delivered(self, conversation: Conversation) -> Outcome | None:
        """While a person has the conversation, or it waits for one, the assistant is silent."""
        if conversation.state in (State.EMPLOYEE, State.WAITING):
            return Outcome([], conversation.context, name="delivered")
        return None

    async def _chosen_option(
        self, conversation: Conversation, message: Message, messages: list[Message]
    ) -> Outcome | None:
        """The text of an option with a topic, typed or pressed, is that option and no new question."""
        spoken = [m for m in messages if m.seq < message.seq and m.speaker is Speaker.ASSISTANT]
        if not spoken:
            return None
        wanted = _plain(message.text)
        for option in spoken[-1].options:
            if not option.get("topic") or wanted not in (_plain(option["label"]), _plain(option["value"])):
                continue
            question = question_of(message, conversation)
            asked = next((m for m in reversed(messages) if m.seq < message.seq and m.speaker is Speaker.CITIZEN), None)
            if asked:
                question = replace(question, text=asked.text)  # the passage answers what was asked first
            replies = await self._assistant.about(option["topic"], question)
            if replies:
                return Outcome(replies, after(conversation.context, replies, message.seq), _language(message))
        return None

    async def _follow_up(self, conversation: Conversation, message: Message) -> Outcome | None:
        """Take "hvad koster det?" to be about what was talked of last: out of context nobody could tell."""
        if conversation.context.topic is None or (message.details or {}).get("masked"):
            return None
        try:
            replies = await self._assistant.follow_up(question_of(message, conversation))
        except NotReady:
            return None
        if not replies:
            return None
        return Outcome(replies, after(conversation.context, replies, message.seq), _language(message))

    async def _through_rasa(self, conversation: Conversation, message: Message) -> Outcome:
        request = TurnRequest(
            conversation.id,
            message.seq,
            message.text,
            message.language,
            list((message.details or {}).get("masked", [])),
        )
        try:
            raw = await self._rasa.turn(request)
        except RasaFailed as error:
            metrics.RASA_FAILURES.inc()
            log.warning("rasa_failed", conversation=conversation.id, seq=message.seq, reason=str(error))
            return await self._without_rasa(conversation, message)
        # What has an effect is said together with it, when it is carried out.
        replies = [reply_from(value, message.language) for value in raw if not value.get("effect")]
        await self._apply(conversation, raw, message)
        context = after(conversation.context, replies, message.seq)
        return Outcome(replies, context, _language(message))

    async def _without_rasa(self, conversation: Conversation, message: Message) -> Outcome:
        """Rasa is down: the knowledge base answers directly, the record says so, and a person is offered."""
        replies = await self.understand(conversation, message)
        notice = say("degraded", message.language)
        marked = [replace(r, details={**(r.details or {}), "degraded": True}) for r in replies]
        if not any(r.kind is Kind.HANDOVER_OFFER for r in marked):
            first = marked[0]
            options = [o for o in first.options if o.get("action") != "handover"]
            options.append(self._assistant.option_handover(message.language))
            quoted = first.kind in (Kind.ANSWER, Kind.NO_DECISION)
            text = f"{first.text}\n\n{notice}" if quoted else first.text
            marked[0] = replace(first, text=text, options=options)
        context = after(conversation.context, marked, message.seq)
        return Outcome(marked, context, _language(message), name="degraded")

    async def understand(self, conversation: Conversation, message: Message) -> list[Reply]:
        """Replies by the knowledge base alone, for any message; never empty."""
        question = question_of(message, conversation)
        try:
            answer, replies = await self._assistant.respond(question)
        except NotReady:
            return [self._handovers.offer(conversation, None, opening=say("no_answer", message.language))]
        if replies:
            return self.or_offer(conversation, answer, replies)
        if answer.result is Result.HUMAN:
            return [self._handovers.offer(conversation, topic_of(answer))]
        if answer.result is Result.COMPLAINT:
            return [self._handovers.offer(conversation, None, opening=say("complaint", message.language))]
        return [Reply(Kind.SMALLTALK, say("smalltalk", message.language), message.language)]

    def or_offer(self, conversation: Conversation, answer: Answer, replies: list[Reply]) -> list[Reply]:
        """After the second miss in a row a person is offered outright."""
        missed = answer.result is Result.NO_ANSWER
        if missed and conversation.context.misses + 1 >= _MISSES_TO_OFFER:
            opening = say("no_answer_again", conversation.language)
            return [replace(self._handovers.offer(conversation, topic_of(answer)), text=opening)]
        return replies

    async def _apply(self, conversation: Conversation, raw: list[dict[str, Any]], message: Message) -> None:
        """Carry out what the dialogue decided. Each effect may be repeated without harm."""
        for value in raw:
            if value.get("effect") == "request_handover":
                reason = Reason(value.get("reason", Reason.ASKED))
                urgency = Urgency(value.get("urgency", Urgency.NORMAL))
                await self._handovers.request(conversation, reason, urgency=urgency, turn=message.seq)


def topic_of(answer: Answer) -> str | None:
    """What a question that is no question to the knowledge base is about, if that is clear."""
    if answer.article:
        return answer.article.topic
    return answer.candidates[0][0].topic if answer.candidates and answer.candidates[0][1] > 0.1 else None


def question_of(message: Message, conversation: Conversation) -> Question:
    """A stored message as a question to the knowledge base."""
    details = message.details or {}
    return Question(
        text=message.text,
        language="en" if message.language == "en" else "da",
        other_language=bool(details.get("other_language")),
        previous_topic=conversation.context.topic,
        masked=frozenset(PersonalData(kind) for kind in details.get("masked", [])),
    )


def after(context: Context, replies: list[Reply], seq: int) -> Context:
    """What to remember after these replies."""
    offered: str | None = None
    for reply in replies:
        if reply.kind in (Kind.ANSWER, Kind.NO_DECISION) or (reply.kind is Kind.SENSITIVE and reply.provenance):
            topic = reply.provenance["article"].split("/")[-1] if reply.provenance else context.topic
            context = replace(context, topic=topic, misses=0, unresolved=None)
        elif reply.kind in (Kind.NO_ANSWER, Kind.CLARIFY):
            context = replace(context, misses=context.misses + (reply.kind is Kind.NO_ANSWER), unresolved=seq)
        if any(option.get("action") == "handover" for option in reply.options):
            offered = "handover"
        if reply.kind is Kind.HANDOVER_OFFER and offered is None:
            offered = "callback"
    return replace(context, offered=offered)


def reply_from(value: dict[str, Any], language: str) -> Reply:
    """A typed reply as it came back from Rasa."""
    return Reply(
        kind=Kind(value["kind"]),
        text=str(value.get("text", "")),
        language=str(value.get("language") or language),
        sources=list(value.get("sources") or []),
        options=list(value.get("options") or []),
        provenance=value.get("provenance"),
        confidence=value.get("confidence"),
        details=value.get("details"),
    )


def _language(message: Message) -> Language:
    return "en" if message.language == "en" else "da"


def _plain(text: str) -> str:
    return " ".join(_WORDS.findall(text.lower()))
