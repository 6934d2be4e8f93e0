"""Handovers: exactly one employee has a conversation, and a silent one loses it. TRUST.md fault test 13."""

import asyncio
import secrets
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text, update

from connectors.errors import HandoverAlreadyClaimed, HandoverNotFound, WrongState
from connectors.record import tables
from connectors.record.conversations import append, set_state
from connectors.record.employees import Employee, EmployeeStore
from connectors.record.handovers import ACTIVE, CALLBACK, CLOSED, WAITING, Handover, HandoverStore
from connectors.types import Kind, Reason, Reply, Speaker, State, Urgency

SAY = Reply(Kind.HANDOVER_STATUS, "…", speaker=Speaker.SYSTEM)


@pytest.fixture
def handovers(database):
    return HandoverStore(database, lease=60)


@pytest.fixture
async def staff(database):
    """Fifty employees of one team; nobody of them logs in."""
    names = ["Ida", *(f"N{n}" for n in range(1, 50))]
    made = [Employee(f"id{n}", f"e{n}", name, "employee", ("pas",)) for n, name in enumerate(names)]
    rows = [
        {
            "id": e.id,
            "username": e.username,
            "name": e.name,
            "password_hash": "!",
            "role": e.role,
            "teams": ["pas"],
            "active": True,
            "is_demo": False,
        }
        for e in made
    ]
    async with database.write() as connection:
        await connection.execute(tables.employees.insert(), rows)
    return made


async def conversation_in(conversations) -> str:
    greeting = Reply(Kind.GREETING, "Hej")
    new = await conversations.open(language="da", channel="web", audience="citizen", greeting=greeting)
    return new.conversation.id


def wish(conversation_id: str, **changes) -> Handover:
    handover = Handover(
        id=secrets.token_hex(4),
        receipt=secrets.token_hex(4),
        conversation_id=conversation_id,
        created_at=datetime.now(UTC),
        state=WAITING,
        reason=Reason.ASKED,
        urgency=Urgency.NORMAL,
        team="pas",
        language="da",
        packet={"receipt": "x"},
        contact=None,
        promised_by=None,
        employee_id=None,
        employee_name=None,
        claimed_at=None,
        closed_at=None,
        outcome=None,
    )
    return replace(handover, **changes)


@pytest.fixture
async def waiting(conversations, handovers):
    return await handovers.open(wish(await conversation_in(conversations)), conversation_state=State.WAITING, say=SAY)


async def test_a_wish_is_stored_with_the_conversations_state_and_what_is_said(conversations, handovers, waiting):
    assert await handovers.get(waiting.id) == waiting
    assert (await conversations.get(waiting.conversation_id)).state is State.WAITING
    assert (await conversations.messages_after(waiting.conversation_id, 1))[0].kind is Kind.HANDOVER_STATUS
    assert await handovers.of_conversation(waiting.conversation_id) == waiting


async def test_asking_again_while_it_waits_changes_nothing(conversations, handovers, waiting):
    again = await handovers.open(wish(waiting.conversation_id), conversation_state=State.WAITING, say=SAY)
    assert again == waiting
    assert len(await conversations.messages_after(waiting.conversation_id, 0)) == 2


async def test_asking_fifty_times_at_once_is_one_handover(conversations, handovers, database):
    conversation_id = await conversation_in(conversations)
    wishes = [handovers.open(wish(conversation_id), conversation_state=State.WAITING, say=SAY) for _ in range(50)]
    assert len({handover.id for handover in await asyncio.gather(*wishes)}) == 1


async def test_a_callback_instead_of_waiting_keeps_the_receipt(conversations, handovers, waiting):
    contact = {"name": "Bo", "phone": "+4526141516", "email": None, "when": ""}
    callback = wish(
        waiting.conversation_id, state=CALLBACK, contact=contact, packet={"receipt": "new", "handover_id": "new"}
    )
    stored = await handovers.open(callback, conversation_state=State.CALLBACK, say=SAY)
    found = await handovers.get(waiting.id)
    assert stored.receipt == found.receipt == waiting.receipt
    assert (found.state, found.contact) == (CALLBACK, contact)
    assert found.packet == {"receipt": waiting.receipt, "handover_id": waiting.id}
    assert await handovers.in_state(WAITING, teams=None) == []


# Claiming -----------------------------------------------------------------------------------------


async def winners(handovers, database, handover_id, staff):
    """How many of fifty who claim at the same instant succeed."""

    async def connect():
        async with database.read() as connection:
            await connection.execute(text("SELECT 1"))
            await asyncio.sleep(0.02)

    # Connections first: while the others still connect, the first claim would be over.
    await asyncio.gather(*(connect() for _ in range(16)))
    claims = [handovers.claim(handover_id, employee, SAY) for employee in staff]
    outcomes = await asyncio.gather(*claims, return_exceptions=True)
    assert all(isinstance(o, Handover | HandoverAlreadyClaimed) for o in outcomes), outcomes
    return [outcome for outcome in outcomes if isinstance(outcome, Handover)]


class LookThenWrite(HandoverStore):
    """The naive store: it looks whether the handover waits, and then takes it."""

    async def claim(self, handover_id, employee, say):
        before = await self.get(handover_id)
        if before.state != WAITING:
            raise HandoverAlreadyClaimed("")
        async with self._database.write() as connection:
            await connection.execute(
                update(tables.handovers)
                .where(tables.handovers.c.id == handover_id)
                .values(state=ACTIVE, employee_id=employee.id, lease_until=time.time() + 60)
            )
            await set_state(connection, before.conversation_id, State.EMPLOYEE)
            await append(connection, before.conversation_id, say)
        return await self.get(handover_id)


async def test_of_fifty_employees_at_once_exactly_one_gets_the_conversation(
    conversations, handovers, database, waiting, staff
):
    (winner,) = await winners(handovers, database, waiting.id, staff)
    assert await handovers.get(waiting.id) == winner
    assert (await conversations.get(waiting.conversation_id)).state is State.EMPLOYEE
    assert len(await conversations.messages_after(waiting.conversation_id, 2)) == 1  # one word to the citizen


async def test_the_same_race_has_several_winners_when_one_looks_and_then_writes(database, waiting, staff):
    assert len(await winners(LookThenWrite(database, lease=60), database, waiting.id, staff)) > 1


async def test_who_comes_second_learns_who_was_first(handovers, waiting, staff):
    await handovers.claim(waiting.id, staff[0], SAY)
    with pytest.raises(HandoverAlreadyClaimed, match="Ida"):
        await handovers.claim(waiting.id, staff[1], SAY)
    with pytest.raises(HandoverAlreadyClaimed):
        await handovers.claim(waiting.id, staff[0], SAY)


async def test_what_is_closed_or_unknown_cannot_be_claimed(handovers, waiting, staff):
    with pytest.raises(HandoverNotFound):
        await handovers.claim("none", staff[0], SAY)
    await handovers.withdraw(waiting.conversation_id, SAY)
    with pytest.raises(WrongState):
        await handovers.claim(waiting.id, staff[0], SAY)


async def test_a_callback_can_be_claimed(conversations, handovers, staff):
    made = wish(await conversation_in(conversations), state=CALLBACK)
    await handovers.open(made, conversation_state=State.CALLBACK, say=SAY)
    assert (await handovers.claim(made.id, staff[0], SAY)).state == ACTIVE


# Letting go ---------------------------------------------------------------------------------------


async def test_only_who_holds_it_can_let_go(handovers, waiting, staff):
    with pytest.raises(WrongState):
        await handovers.close(waiting.id, staff[0], outcome="answered", note="", say=SAY)
    await handovers.claim(waiting.id, staff[0], SAY)
    for let_go in (
        handovers.close(waiting.id, staff[1], outcome="answered", note="", say=SAY),
        handovers.transfer(waiting.id, staff[1], team="x", note="", say=SAY),
        handovers.give_back(waiting.id, staff[1], SAY),
    ):
        with pytest.raises(WrongState):
            await let_go
    assert (await handovers.get(waiting.id)).employee_id == staff[0].id


async def test_closing_keeps_who_and_what_came_of_it(conversations, handovers, waiting, staff):
    await handovers.claim(waiting.id, staff[0], SAY)
    closed = await handovers.close(waiting.id, staff[0], outcome="answered", note="Ringet op", say=SAY)
    assert (closed.state, closed.outcome, closed.employee_id) == (CLOSED, "answered", staff[0].id)
    assert closed.closed_at is not None
    assert (await conversations.get(waiting.conversation_id)).state is State.CLOSED
    assert [(n.employee_name, n.text) for n in await handovers.notes(waiting.conversation_id)] == [("Ida", "Ringet op")]


async def test_a_transfer_puts_it_in_the_other_teams_queue(conversations, handovers, waiting, staff):
    await handovers.claim(waiting.id, staff[0], SAY)
    moved = await handovers.transfer(waiting.id, staff[0], team="hund", note="Er jeres", say=SAY)
    assert (moved.state, moved.team, moved.employee_id) == (WAITING, "hund", None)
    assert [h.id for h in await handovers.in_state(WAITING, teams=["hund"])] == [waiting.id]
    assert await handovers.in_state(WAITING, teams=["pas"]) == []
    assert (await conversations.get(waiting.conversation_id)).state is State.WAITING
    assert (await handovers.claim(waiting.id, staff[1], SAY)).employee_id == staff[1].id


async def test_what_is_given_back_is_the_assistants_again(conversations, handovers, waiting, staff):
    await handovers.claim(waiting.id, staff[0], SAY)
    assert (await handovers.give_back(waiting.id, staff[0], SAY)).outcome == "returned"
    assert (await conversations.get(waiting.conversation_id)).state is State.ASSISTANT


async def test_a_citizen_can_stop_waiting_but_not_what_was_claimed(conversations, handovers, waiting, staff):
    other = await handovers.open(wish(await conversation_in(conversations)), conversation_state=State.WAITING, say=SAY)
    await handovers.claim(other.id, staff[0], SAY)
    assert await handovers.withdraw(waiting.conversation_id, SAY)
    assert not await handovers.withdraw(waiting.conversation_id, SAY)
    assert not await handovers.withdraw(other.conversation_id, SAY)
    assert (await conversations.get(waiting.conversation_id)).state is State.ASSISTANT
    assert (await handovers.get(other.id)).state == ACTIVE


# Leases and queue ---------------------------------------------------------------------------------


async def test_a_silent_employees_conversation_returns_to_the_queue_and_the_citizen_is_told(
    conversations, database, waiting, staff
):
    handovers = HandoverStore(database, lease=-1)
    await handovers.claim(waiting.id, staff[0], SAY)
    said = Reply(Kind.HANDOVER_STATUS, "Forbindelsen blev afbrudt", speaker=Speaker.SYSTEM)
    assert await handovers.lapse(said, language="en") == []
    (lapsed,) = await handovers.lapse(said, language="da")
    assert (lapsed.id, lapsed.employee_id) == (waiting.id, staff[0].id)
    found = await handovers.get(waiting.id)
    assert (found.state, found.employee_id, found.created_at) == (WAITING, None, waiting.created_at)
    assert (await conversations.get(waiting.conversation_id)).state is State.WAITING
    assert (await conversations.messages_after(waiting.conversation_id, 0))[-1].text == "Forbindelsen blev afbrudt"
    assert await handovers.lapse(said, language="da") == []  # told once
    assert (await handovers.claim(waiting.id, staff[1], SAY)).employee_id == staff[1].id


async def test_who_shows_life_keeps_what_they_hold(database, waiting, staff):
    await HandoverStore(database, lease=-1).claim(waiting.id, staff[0], SAY)
    handovers = HandoverStore(database, lease=60)
    await handovers.renew(staff[1].id)
    await handovers.renew(staff[0].id)
    assert await handovers.lapse(SAY, language="da") == []
    assert (await handovers.get(waiting.id)).employee_id == staff[0].id


async def test_another_employees_sign_of_life_does_not_count(database, waiting, staff):
    handovers = HandoverStore(database, lease=-1)
    await handovers.claim(waiting.id, staff[0], SAY)
    await HandoverStore(database, lease=60).renew(staff[1].id)
    assert len(await handovers.lapse(SAY, language="da")) == 1


async def test_the_queue_is_urgent_first_and_then_by_waiting_time(conversations, handovers):
    start = datetime(2026, 11, 21, 12, tzinfo=UTC)
    made = [
        wish(await conversation_in(conversations), created_at=start + timedelta(minutes=n), urgency=urgency)
        for n, urgency in enumerate([Urgency.NORMAL, Urgency.HIGH, Urgency.NORMAL, Urgency.HIGH])
    ]
    for handover in made:
        await handovers.open(handover, conversation_state=State.WAITING, say=SAY)
    queue = [h.id for h in await handovers.in_state(WAITING, teams=["pas"])]
    assert queue == [made[n].id for n in (1, 3, 0, 2)]


async def test_the_place_in_the_queue_agrees_with_the_order_of_the_queue(conversations, handovers):
    start = datetime(2026, 11, 21, 12, tzinfo=UTC)
    for n, urgency in enumerate([Urgency.NORMAL, Urgency.HIGH, Urgency.NORMAL]):
        handover = wish(await conversation_in(conversations), created_at=start + timedelta(minutes=n), urgency=urgency)
        await handovers.open(handover, conversation_state=State.WAITING, say=SAY)
    other_team = wish(await conversation_in(conversations), created_at=start, team="hund")
    await handovers.open(other_team, conversation_state=State.WAITING, say=SAY)
    queue = await handovers.in_state(WAITING, teams=["pas"])
    assert [await handovers.place_in_queue(h) for h in queue] == [1, 2, 3]


async def test_notes_are_kept_in_order_f3(handovers, waiting, staff):
    await handovers.add_note(waiting.conversation_id, staff[0], "et")
    await handovers.add_note(waiting.conversation_id, staff[1], "to")
    notes = await handovers.notes(waiting.conversation_id)
    assert [(n.employee_name, n.text) for n in notes] == [("Ida", "et"), ("N1", "to")]


# Employees ----------------------------------------------------------------------------------------


async def test_a_session_ends_with_its_time_its_log_out_or_the_account(database):
    store = EmployeeStore(database)
    account = {"username": "bo", "name": "Bo", "password": "rigtig", "role": "employee", "teams": ("pas",)}
    await store.add(**account)
    assert await store.log_in("bo", "forkert", timedelta(hours=1)) is None
    assert await store.log_in("ukendt", "rigtig", timedelta(hours=1)) is None
    token, employee = await store.log_in("bo", "rigtig", timedelta(hours=1))
    assert await store.by_token(token) == employee
    expired, _ = await store.log_in("bo", "rigtig", timedelta(seconds=-1))
    assert await store.by_token(expired) is None
    await store.log_out(token)
    assert await store.by_token(token) is None
    again, _ = await store.log_in("bo", "rigtig", timedelta(hours=1))
    async with database.write() as connection:
        await connection.execute(update(tables.employees).values(active=False))
    assert await store.by_token(again) is None
    assert await store.log_in("bo", "rigtig", timedelta(hours=1)) is None


async def test_passwords_and_tokens_are_stored_as_hashes_only(database):
    store = EmployeeStore(database)
    await store.add(username="bo", name="Bo", password="hemmelig-kode", role="employee", teams=())
    token, _ = await store.log_in("bo", "hemmelig-kode", timedelta(hours=1))
    async with database.read() as connection:
        rows = [
            *(await connection.execute(select(tables.employees))),
            *(await connection.execute(select(tables.sessions))),
        ]
    assert "hemmelig-kode" not in str(rows)
    assert token not in str(rows)


async def test_a_demo_account_is_seen(database):
    store = EmployeeStore(database)
    assert not await store.has_demo_accounts()
    await store.add(username="agent1", name="A", password="x", role="employee", teams=(), is_demo=True)
    assert await store.has_demo_accounts()


async def test_what_an_employee_sees_is_their_teams_and_a_supervisor_sees_all_g9(staff):
    assert staff[0].sees == ("pas",)
    assert replace(staff[0], role="supervisor").sees is None
