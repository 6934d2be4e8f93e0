"""Open, answer and settle handovers: the one place that knows when a person can be reached and what is promised."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog

from connectors import metrics
from connectors.errors import HandoverNotFound, NotAllowed
from connectors.handover import packet as packets
from connectors.knowledge_base import KnowledgeBase, NotReady
from connectors.live import DESK, Hub, conversation_channel
from connectors.municipality import Municipality, Team, say_date
from connectors.presence import Presence
from connectors.record.conversations import ConversationStore
from connectors.record.employees import Employee
from connectors.record.handovers import CALLBACK, WAITING, Handover, HandoverStore, new_receipt
from connectors.types import Context, Conversation, Kind, Message, Reason, Reply, Speaker, State, Urgency
from connectors.wording import say

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Contact:
    """How a citizen wants to be reached."""

    name: str
    phone: str | None
    email: str | None
    when: str


class HandoverService:
    """Everything about handing over, for the citizen's side and the desk's."""

    def __init__(
        self,
        conversations: ConversationStore,
        handovers: HandoverStore,
        knowledge: KnowledgeBase,
        presence: Presence,
        hub: Hub,
        municipality: Municipality,
    ) -> None:
        self._conversations = conversations
        self._handovers = handovers
        self._knowledge = knowledge
        self._presence = presence
        self._hub = hub
        self._municipality = municipality

    # The citizen's side -----------------------------------------------------------------------

    def offer(self, conversation: Conversation, topic: str | None, *, opening: str = "") -> Reply:
        """Ask whether to hand over; out of hours offer to be contacted instead."""
        language, now = conversation.language, datetime.now(UTC)
        team = self.team_of(topic or conversation.context.topic)
        calendar = self._municipality.calendar
        no = {"label": say("option_no", language), "value": say("option_no", language)}
        label = say("option_callback", language)
        callback = {"label": label, "value": label, "action": "callback"}
        if calendar.is_open(now):
            text = say("handover_offer_open", language, team=team.in_language(language))
            yes_label = say("option_handover", language)
            options = [{"label": yes_label, "value": yes_label, "action": "handover"}, callback, no]
        else:
            opens = calendar.next_opening(now)
            when = calendar.describe(opens, language, now) if opens else "–"
            text = say("handover_offer_closed", language, opens=when)
            options = [callback, no]
        return Reply(Kind.HANDOVER_OFFER, f"{opening}\n\n{text}".strip(), language, options=options)

    async def request(
        self, conversation: Conversation, reason: Reason, *, urgency: Urgency = Urgency.NORMAL, turn: int | None = None
    ) -> Handover | None:
        """Put the conversation in a team's queue; out of hours say when it opens and offer to be contacted.

        Asking again while it waits changes nothing. Returns None when it is closed.
        """
        now = datetime.now(UTC)
        language = conversation.language
        existing = await self._handovers.of_conversation(conversation.id)
        if existing and existing.state in (WAITING, "active"):
            return existing
        if not self._municipality.calendar.is_open(now):
            await self._conversations.say(conversation.id, self._closed(conversation, now), turn=turn)
            await self._news(conversation.id)
            return None
        handover = await self._prepare(conversation, reason, urgency, now, state=WAITING, consent=turn)
        team = self._municipality.team(handover.team)
        if await self._presence.someone_for(handover.team):
            place = await self._handovers.place_in_queue(handover)
            text = say(
                "handover_waiting", language, place=place, team=team.in_language(language), receipt=handover.receipt
            )
            options: list[dict[str, Any]] = []
        else:
            name = team.in_language(language)
            text = say("handover_waiting_nobody", language, team=name, receipt=handover.receipt)
            label = say("option_callback", language)
            options = [{"label": label, "value": label, "action": "callback"}]
        status = Reply(Kind.HANDOVER_STATUS, text, language, Speaker.SYSTEM, options=options)
        handover = await self._handovers.open(handover, conversation_state=State.WAITING, say=status, turn=turn)
        metrics.HANDOVERS.labels(reason=reason.value).inc()
        log.info("handover_opened", handover=handover.id, reason=reason.value, team=handover.team)
        await self._news(conversation.id, desk=True)
        return handover

    async def call_back(self, conversation: Conversation, contact: Contact, question: str | None) -> Handover:
        """Take down how to reach the citizen, with a receipt and a date that is kept."""
        now = datetime.now(UTC)
        language = conversation.language
        promised_by = self._municipality.calendar.working_days_after(now, self._municipality.working_days_to_answer)
        handover = await self._prepare(
            conversation, Reason.ASKED, Urgency.NORMAL, now,
            state=CALLBACK, contact=contact, promised_by=promised_by, question=question,
        )  # fmt: skip
        team = self._municipality.team(handover.team).in_language(language)
        existing = await self._handovers.of_conversation(conversation.id)
        receipt = existing.receipt if existing and existing.state == WAITING else handover.receipt
        text = say(
            "callback_received", language, receipt=receipt, team=team,
            promised_by=say_date(promised_by.date(), language),
        )  # fmt: skip
        handover = await self._handovers.open(
            handover,
            conversation_state=State.CALLBACK,
            say=Reply(Kind.HANDOVER_STATUS, text, language, Speaker.SYSTEM),
        )
        metrics.HANDOVERS.labels(reason="callback").inc()
        await self._news(conversation.id, desk=True)
        return handover

    async def withdraw(self, conversation: Conversation) -> bool:
        """The citizen no longer wants to wait."""
        text = say("handover_withdrawn", conversation.language)
        status = Reply(Kind.HANDOVER_STATUS, text, conversation.language, Speaker.SYSTEM)
        done = await self._handovers.withdraw(conversation.id, status)
        if done:
            await self._news(conversation.id, desk=True)
        return done

    async def waiting(self, conversation: Conversation) -> dict[str, Any] | None:
        """Place in the queue, while the conversation waits."""
        if conversation.state is not State.WAITING:
            return None
        handover = await self._handovers.of_conversation(conversation.id)
        if handover is None or handover.state != WAITING:
            return None
        place = await self._handovers.place_in_queue(handover)
        return {"place": place, "text": say("queue", conversation.language, place=place)}

    # The desk's side --------------------------------------------------------------------------

    async def seen_by(self, handover_id: str, employee: Employee) -> Handover:
        """A handover that this employee may see.

        Raises:
            HandoverNotFound: If there is none, or it belongs to another team: the two look alike.
        """
        handover = await self._handovers.get(handover_id)
        if not may_see(employee, handover):
            raise HandoverNotFound
        return handover

    async def claim(self, handover_id: str, employee: Employee) -> dict[str, Any]:
        """Take a waiting conversation; the packet, with the conversation as it is now."""
        before = await self.seen_by(handover_id, employee)
        team = self._municipality.team(before.team).in_language(before.language)
        text = say("handover_claimed", before.language, employee=first_name(employee), team=team)
        status = Reply(Kind.HANDOVER_STATUS, text, before.language, Speaker.SYSTEM)
        handover = await self._handovers.claim(handover_id, employee, status)
        log.info("handover_claimed", handover=handover.id, employee=employee.id)
        await self._news(handover.conversation_id, desk=True)
        return await self.packet(handover)

    async def packet(self, handover: Handover) -> dict[str, Any]:
        """The packet with the transcript up to now: the citizen may have written while waiting."""
        messages = await self._conversations.messages_after(handover.conversation_id, 0)
        packet = dict(handover.packet)
        packet["team"] = handover.team
        packet["transcript"] = [
            {"seq": m.seq, "at": m.at.isoformat(), "speaker": m.speaker, "kind": m.kind, "text": m.text}
            for m in messages
        ]
        packets.validate(packet)
        return packet

    async def transfer(self, handover_id: str, employee: Employee, *, team: str | None, note: str) -> Handover:
        """Put a conversation in another team's queue."""
        before = await self.seen_by(handover_id, employee)
        target = self._municipality.team(team or before.team)
        text = say("handover_transferred", before.language, team=target.in_language(before.language))
        status = Reply(Kind.HANDOVER_STATUS, text, before.language, Speaker.SYSTEM)
        after = await self._handovers.transfer(handover_id, employee, team=target.slug, note=note, say=status)
        await self._news(after.conversation_id, desk=True)
        return after

    async def pass_to(self, handover_id: str, employee: Employee, *, colleague: Employee, note: str) -> Handover:
        """Give a conversation to a colleague whose desk is open; the citizen is told who it is."""
        before = await self.seen_by(handover_id, employee)
        team = self._municipality.team(before.team).in_language(before.language)
        text = say("handover_claimed", before.language, employee=first_name(colleague), team=team)
        status = Reply(Kind.HANDOVER_STATUS, text, before.language, Speaker.SYSTEM)
        after = await self._handovers.pass_to(handover_id, employee, colleague=colleague, note=note, say=status)
        await self._news(after.conversation_id, desk=True)
        return after

    async def give_back(self, handover_id: str, employee: Employee) -> Handover:
        """Hand the conversation back to the assistant."""
        before = await self.seen_by(handover_id, employee)
        text = say("handover_returned", before.language, employee=first_name(employee))
        status = Reply(Kind.HANDOVER_STATUS, text, before.language, Speaker.SYSTEM)
        after = await self._handovers.give_back(handover_id, employee, status)
        await self._news(after.conversation_id, desk=True)
        return after

    async def close(self, handover_id: str, employee: Employee, *, outcome: str, note: str) -> Handover:
        """End the conversation with an outcome."""
        before = await self.seen_by(handover_id, employee)
        status = Reply(Kind.HANDOVER_STATUS, say("handover_ended", before.language), before.language, Speaker.SYSTEM)
        after = await self._handovers.close(handover_id, employee, outcome=outcome, note=note, say=status)
        await self._news(after.conversation_id, desk=True)
        return after

    async def write(
        self, conversation_id: str, employee: Employee, *, client_id: str, text: str, sources: list[dict[str, Any]]
    ) -> Message:
        """An employee's message to the citizen of a conversation they hold.

        Raises:
            NotAllowed: If they do not hold it.
        """
        handover = await self._handovers.of_conversation(conversation_id)
        if handover is None or handover.employee_id != employee.id or handover.state != "active":
            raise NotAllowed("Tag henvendelsen, før du skriver til borgeren.")
        team = self._municipality.team(handover.team).in_language(handover.language)
        reply = Reply(
            Kind.TEXT,
            text,
            handover.language,
            Speaker.EMPLOYEE,
            speaker_name=f"{first_name(employee)}, {team}",
            sources=sources,
        )
        message = await self._conversations.say(conversation_id, reply, client_id=client_id)
        await self._news(conversation_id)
        await self._hub.publish(DESK, {"type": "messages", "conversation_id": conversation_id})
        return message

    async def lapse(self) -> None:
        """Return conversations of employees whose desk went silent to the queue."""
        for language in ("da", "en"):
            status = Reply(Kind.HANDOVER_STATUS, say("handover_lapsed", language), language, Speaker.SYSTEM)
            for handover in await self._handovers.lapse(status, language=language):
                log.warning("handover_lapsed", handover=handover.id, employee=handover.employee_id)
                await self._news(handover.conversation_id, desk=True)

    # What both share --------------------------------------------------------------------------

    def team_of(self, topic: str | None) -> Team:
        """The team that owns a topic's article; the default team if it is not known."""
        try:
            article = self._knowledge.index.library.article(topic, "da") if topic else None
        except NotReady:
            article = None
        return self._municipality.team(article.owner if article else None)

    def _closed(self, conversation: Conversation, now: datetime) -> Reply:
        language, calendar = conversation.language, self._municipality.calendar
        opens = calendar.next_opening(now)
        promised = calendar.working_days_after(now, self._municipality.working_days_to_answer)
        text = say(
            "handover_closed", language,
            opens=calendar.describe(opens, language, now) if opens else "–",
            promised_by=say_date(promised.date(), language),
            phone=self._municipality.phone,
        )  # fmt: skip
        label = say("option_callback", language)
        options = [{"label": label, "value": label, "action": "callback"}]
        return Reply(Kind.HANDOVER_STATUS, text, language, Speaker.SYSTEM, options=options)

    async def _prepare(
        self,
        conversation: Conversation,
        reason: Reason,
        urgency: Urgency,
        now: datetime,
        *,
        state: str,
        contact: Contact | None = None,
        promised_by: datetime | None = None,
        question: str | None = None,
        consent: int | None = None,
    ) -> Handover:
        messages = await self._conversations.messages_after(conversation.id, 0)
        said = [m for m in messages if m.seq != consent]
        topics = await self._topics(conversation.context, said, question)
        team = self.team_of(topics[0]["topic"] if topics else None)
        handover_id = secrets.token_hex(8)
        receipt = new_receipt(self._municipality.receipt_prefix, now.year)
        reached = (
            {"name": contact.name, "phone": contact.phone, "email": contact.email, "when": contact.when}
            if contact
            else None
        )
        packet = packets.build(
            conversation,
            messages,
            handover_id=handover_id,
            receipt=receipt,
            created_at=now,
            reason=reason,
            urgency=urgency,
            team=team.slug,
            topics=topics,
            opening_state="open" if self._municipality.calendar.is_open(now) else "closed",
            question=question,
            contact=reached,
            promised_by=promised_by,
            consent=consent,
        )
        return Handover(
            id=handover_id,
            receipt=receipt,
            conversation_id=conversation.id,
            created_at=now,
            state=state,
            reason=reason,
            urgency=urgency,
            team=team.slug,
            language=conversation.language,
            packet=packet,
            contact=reached,
            promised_by=promised_by,
            employee_id=None,
            employee_name=None,
            claimed_at=None,
            closed_at=None,
            outcome=None,
        )

    async def _topics(self, context: Context, messages: list[Message], question: str | None) -> list[dict[str, Any]]:
        """What the open question is about: as it was answered, else by the index, else what was talked of last."""
        text = question or packets.last_unresolved_question(messages)
        found: list[dict[str, Any]] = []
        try:
            answer = packets.answer_to(text, messages)  # "hvad koster det?" alone would be about anything
            if answer and answer.provenance:
                topic = answer.provenance["article"].split("/")[-1]
                article = self._knowledge.index.library.article(topic, "da")
                if article:
                    found.append({"topic": topic, "title": article.title, "confidence": answer.confidence or 0.5})
            if text and not found:
                ranking = await self._knowledge.run(lambda answerer: answerer.rank(text))
                index = self._knowledge.index
                for topic, probability in ranking.best(index.ranker.is_topic, count=3):
                    article = index.library.article(topic, "da")
                    if article and probability >= 0.15:
                        found.append({"topic": topic, "title": article.title, "confidence": round(probability, 3)})
            if not found and context.topic:
                article = self._knowledge.index.library.article(context.topic, "da")
                if article:
                    found.append({"topic": context.topic, "title": article.title, "confidence": 0.5})
        except NotReady:
            log.warning("handover_without_topics")
        return found

    async def _news(self, conversation_id: str, *, desk: bool = False) -> None:
        await self._hub.publish(conversation_channel(conversation_id), {"type": "messages"})
        if desk:
            await self._hub.publish(DESK, {"type": "changed"})


def may_see(employee: Employee, handover: Handover) -> bool:
    """An employee sees their teams' handovers and what they hold; a supervisor sees all."""
    return employee.sees is None or handover.team in employee.sees or handover.employee_id == employee.id


def first_name(employee: Employee) -> str:
    """How an employee is named to a citizen."""
    return employee.name.split()[0]
