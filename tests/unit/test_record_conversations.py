"""The record of conversations: nothing accepted is lost or doubled, order is strict. TRUST.md invariants I1 and I2."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select, text, update

from connectors.errors import ConversationClosed, ConversationNotFound
from connectors.record import tables
from connectors.record.conversations import ConversationStore
from connectors.record.database import Database
from connectors.record.employees import EmployeeStore
from connectors.types import Context, Kind, Outcome, Reply, Speaker, State

GREETING = Reply(Kind.GREETING, "Hej! Jeg er en maskine.")
ANSWER = Outcome([Reply(Kind.ANSWER, "Et pas koster …")], Context(topic="pas"))


async def opened(conversations: ConversationStore):
    return await conversations.open(language="da", channel="web", audience="citizen", greeting=GREETING)


async def accept(conversations, conversation_id, client_id, words="hvad koster et pas"):
    return await conversations.accept(conversation_id, client_id=client_id, text=words, language="da", details=None)


async def warm(database: Database, count: int = 16) -> None:
    """Open every connection first, so that the calls that follow really meet."""

    async def look():
        async with database.read() as connection:
            await connection.execute(text("SELECT 1"))
            await asyncio.sleep(0.02)

    await asyncio.gather(*(look() for _ in range(count)))


async def test_a_conversation_begins_with_the_greeting_and_its_secrets_are_not_stored(conversations, database):
    new = await opened(conversations)
    assert [(m.seq, m.kind) for m in new.messages] == [(1, Kind.GREETING)]
    assert (new.conversation.state, new.conversation.last_seq) == (State.ASSISTANT, 1)
    async with database.read() as connection:
        row = (await connection.execute(select(tables.conversations))).one()
    assert new.token not in str(row)
    assert new.resume_code not in str(row)


async def test_a_token_opens_its_own_conversation_only(conversations):
    one, other = await opened(conversations), await opened(conversations)
    assert (await conversations.authenticate(one.conversation.id, one.token)).id == one.conversation.id
    for conversation_id, token in [
        (one.conversation.id, other.token),
        (one.conversation.id, ""),
        (one.conversation.id, one.conversation.id),
        ("none", one.token),
        ("none", ""),
    ]:
        with pytest.raises(ConversationNotFound):
            await conversations.authenticate(conversation_id, token)


async def test_a_resume_code_gives_a_new_token_and_ends_the_old_one(conversations):
    new = await opened(conversations)
    conversation, token = await conversations.resume(new.resume_code.lower().replace("-", ""))
    assert conversation.id == new.conversation.id
    await conversations.authenticate(conversation.id, token)
    with pytest.raises(ConversationNotFound):
        await conversations.authenticate(conversation.id, new.token)
    with pytest.raises(ConversationNotFound):
        await conversations.resume("AAAA-AAAA")


async def test_the_same_client_id_again_gives_the_same_seq_and_stores_nothing_i1(conversations):
    new = await opened(conversations)
    first = await accept(conversations, new.conversation.id, "a")
    again = await accept(conversations, new.conversation.id, "a", "noget andet")
    assert (first.seq, first.is_new, again.seq, again.is_new) == (2, True, 2, False)
    stored = await conversations.messages_after(new.conversation.id, 1)
    assert [m.text for m in stored] == ["hvad koster et pas"]
    assert await conversations.backlog() == 1


async def test_one_client_id_sent_fifty_times_at_once_is_one_message_i1(conversations, database):
    new = await opened(conversations)
    await warm(database)
    results = await asyncio.gather(*(accept(conversations, new.conversation.id, "a") for _ in range(50)))
    assert {r.seq for r in results} == {2}
    assert sum(r.is_new for r in results) == 1
    assert await conversations.backlog() == 1


async def test_two_conversations_may_use_the_same_client_id(conversations):
    one, other = await opened(conversations), await opened(conversations)
    assert (await accept(conversations, one.conversation.id, "a")).is_new
    assert (await accept(conversations, other.conversation.id, "a")).is_new


async def test_fifty_messages_at_once_get_fifty_numbers_without_gaps_i1(conversations, database):
    new = await opened(conversations)
    await warm(database)
    results = await asyncio.gather(*(accept(conversations, new.conversation.id, f"m{n}") for n in range(50)))
    assert sorted(r.seq for r in results) == list(range(2, 52))
    stored = await conversations.messages_after(new.conversation.id, 0)
    assert [m.seq for m in stored] == list(range(1, 52))
    assert {m.client_id: m.seq for m in stored if m.client_id} == {f"m{n}": r.seq for n, r in enumerate(results)}
    assert await conversations.backlog() == 50


async def test_a_seq_that_is_looked_up_before_it_is_written_is_not_enough(conversations, database):
    """Why ``append`` counts in the UPDATE itself: the naive way gives numbers twice."""
    new = await opened(conversations)
    await warm(database)

    async def naive():
        async with database.read() as connection:
            last = await connection.scalar(select(tables.conversations.c.last_seq))
        async with database.write() as connection:
            await connection.execute(update(tables.conversations).values(last_seq=last + 1))
        return last + 1

    numbers = await asyncio.gather(*(naive() for _ in range(50)))
    assert len(set(numbers)) < 50
    assert new.conversation.last_seq == 1


async def test_a_closed_or_unknown_conversation_accepts_nothing(conversations):
    new = await opened(conversations)
    await accept(conversations, new.conversation.id, "a")
    await conversations.set_state(new.conversation.id, State.CLOSED)
    with pytest.raises(ConversationClosed):
        await accept(conversations, new.conversation.id, "b")
    assert (await accept(conversations, new.conversation.id, "a")).seq == 2  # what was accepted stays accepted
    with pytest.raises(ConversationNotFound):
        await accept(conversations, "none", "a")
    with pytest.raises(ConversationNotFound):
        await conversations.say("none", GREETING)


async def test_a_message_is_read_back_as_it_was_said(conversations):
    new = await opened(conversations)
    reply = Reply(
        Kind.ANSWER,
        "Åh 🙂 <b>",
        "en",
        Speaker.EMPLOYEE,
        "Ida",
        [{"title": "t"}],
        [{"label": "l"}],
        {"article": "da/pas", "revision": "r"},
        0.5,
        {"degraded": True},
    )
    said = await conversations.say(new.conversation.id, reply, client_id="e1", turn=1)
    (stored,) = await conversations.messages_after(new.conversation.id, 1)
    assert stored == said
    assert stored.at.utcoffset() == timedelta(0)
    assert {name: getattr(stored, name) for name in Reply.__slots__} == {
        name: getattr(reply, name) for name in Reply.__slots__
    }


async def test_an_employees_message_is_stored_once(conversations):
    new = await opened(conversations)
    for _ in range(3):
        said = await conversations.say(new.conversation.id, Reply(Kind.TEXT, "Hej"), client_id="e1")
        assert said.seq == 2
    assert len(await conversations.messages_after(new.conversation.id, 1)) == 1


# The worker's side --------------------------------------------------------------------------------


async def test_messages_are_taken_one_by_one_in_order(conversations):
    new = await opened(conversations)
    for n in range(3):
        await accept(conversations, new.conversation.id, f"m{n}")
    taken = []
    while task := await conversations.take(new.conversation.id, "w1", 10):
        taken.append(task.seq)
        assert await conversations.finish(new.conversation.id, task, "w1", ANSWER)
    assert taken == [2, 3, 4]
    turns = {m.turn for m in await conversations.messages_after(new.conversation.id, 0) if m.kind is Kind.ANSWER}
    assert turns == {2, 3, 4}


async def test_a_conversation_is_one_workers_until_the_lease_ends(conversations):
    new = await opened(conversations)
    await accept(conversations, new.conversation.id, "a")
    assert await conversations.take(new.conversation.id, "w1", 10)
    assert await conversations.take(new.conversation.id, "w2", 10) is None
    assert await conversations.waiting_conversations() == []


async def test_a_dead_workers_message_is_taken_over(conversations):
    new = await opened(conversations)
    await accept(conversations, new.conversation.id, "a")
    await conversations.take(new.conversation.id, "w1", -1)
    assert await conversations.waiting_conversations() == [new.conversation.id]
    task = await conversations.take(new.conversation.id, "w2", 10)
    assert (task.seq, task.attempts) == (2, 2)


async def test_of_sixteen_workers_at_once_exactly_one_takes_a_conversation(conversations, database):
    new = await opened(conversations)
    await accept(conversations, new.conversation.id, "a")
    await warm(database)
    tasks = await asyncio.gather(*(conversations.take(new.conversation.id, f"w{n}", 10) for n in range(16)))
    assert sum(task is not None for task in tasks) == 1


async def test_an_outcome_is_stored_once_i2(conversations):
    new = await opened(conversations)
    await accept(conversations, new.conversation.id, "a")
    assert await conversations.turn(new.conversation.id, 2) is None
    task = await conversations.take(new.conversation.id, "w1", 10)
    first = await conversations.finish(new.conversation.id, task, "w1", ANSWER)
    assert [m.text for m in first] == ["Et pas koster …"]
    assert await conversations.finish(new.conversation.id, task, "w1", ANSWER) is None
    assert await conversations.turn(new.conversation.id, 2) == first
    assert len(await conversations.messages_after(new.conversation.id, 0)) == 3
    assert (await conversations.get(new.conversation.id)).context == Context(topic="pas")


async def test_who_lost_the_lease_stores_nothing_i2(conversations):
    new = await opened(conversations)
    await accept(conversations, new.conversation.id, "a")
    lost = await conversations.take(new.conversation.id, "w1", -1)
    won = await conversations.take(new.conversation.id, "w2", 10)
    assert await conversations.finish(new.conversation.id, lost, "w1", ANSWER) is None
    assert await conversations.messages_after(new.conversation.id, 2) == []
    assert await conversations.turn(new.conversation.id, 2) is None
    assert await conversations.finish(
        new.conversation.id, won, "w2", replace(ANSWER, replies=[Reply(Kind.ANSWER, "w2")])
    )
    assert [m.text for m in await conversations.messages_after(new.conversation.id, 2)] == ["w2"]


async def test_an_outcome_without_replies_is_an_outcome_too(conversations):
    new = await opened(conversations)
    await accept(conversations, new.conversation.id, "a")
    task = await conversations.take(new.conversation.id, "w1", 10)
    assert await conversations.finish(new.conversation.id, task, "w1", Outcome([], Context(), name="delivered")) == []
    assert await conversations.turn(new.conversation.id, 2) == []
    assert await conversations.backlog() == 0


async def test_a_failed_turn_waits_and_holds_back_what_came_after_it(conversations):
    new = await opened(conversations)
    await accept(conversations, new.conversation.id, "a")
    await accept(conversations, new.conversation.id, "b")
    task = await conversations.take(new.conversation.id, "w1", 10)
    await conversations.postpone(new.conversation.id, task, "w1", 60)
    assert await conversations.take(new.conversation.id, "w2", 10) is None  # not the second before the first
    await conversations.postpone(new.conversation.id, task, "w1", -1)
    again = await conversations.take(new.conversation.id, "w2", 10)
    assert (again.seq, again.attempts) == (2, 2)


async def test_the_longest_waiting_conversation_comes_first(conversations):
    ids = [(await opened(conversations)).conversation.id for _ in range(3)]
    for conversation_id in reversed(ids):
        await accept(conversations, conversation_id, "a")
    assert await conversations.waiting_conversations() == ids[::-1]
    assert await conversations.waiting_conversations(limit=1) == ids[-1:]


async def test_what_was_accepted_is_there_after_a_restart(conversations, database):
    new = await opened(conversations)
    await accept(conversations, new.conversation.id, "a")
    await database.close()
    again = Database(database.url)
    try:
        store = ConversationStore(again)
        assert await store.waiting_conversations() == [new.conversation.id]
        assert [m.text for m in await store.messages_after(new.conversation.id, 1)] == ["hvad koster et pas"]
    finally:
        await again.close()


async def test_an_accept_that_fails_leaves_nothing_half_done(conversations, database, monkeypatch):
    new = await opened(conversations)
    async with database.write() as connection:
        await connection.execute(text("DROP TABLE outbox"))
    with pytest.raises(Exception, match="outbox"):
        await accept(conversations, new.conversation.id, "a")
    assert (await conversations.get(new.conversation.id)).last_seq == 1
    assert len(await conversations.messages_after(new.conversation.id, 0)) == 1


async def test_the_database_syncs_every_commit_to_disk(database):
    async with database.write() as connection:
        settings = [
            await connection.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert settings == ["wal", 2, 1]


async def test_erasing_a_conversation_leaves_no_row_of_it_g7(conversations, database):
    kept, gone = await opened(conversations), await opened(conversations)
    employees = EmployeeStore(database)
    await employees.add(username="ida", name="Ida", password="x", role="employee", teams=())
    for new in (kept, gone):
        await accept(conversations, new.conversation.id, "a")
        async with database.write() as connection:
            employee = await connection.scalar(select(tables.employees.c.id))
            now = new.conversation.created_at
            own = {"conversation_id": new.conversation.id}
            await connection.execute(insert(tables.notes).values(**own, employee_id=employee, at=now, text="n"))
            await connection.execute(insert(tables.feedback).values(**own, at=now, rating=5, comment=""))
            await connection.execute(
                insert(tables.handovers).values(
                    **own,
                    id=new.conversation.id,
                    receipt=new.conversation.id,
                    created_at=now,
                    state="waiting",
                    reason="asked",
                    urgency="normal",
                    team="t",
                    language="da",
                    packet={},
                    lease_until=0.0,
                )
            )
    await conversations.erase(gone.conversation.id)
    owned = [t for t in tables.metadata.sorted_tables if "conversation_id" in t.c]
    assert {t.name for t in owned} >= {"messages", "outbox", "handovers", "notes", "feedback"}
    async with database.read() as connection:
        for table in owned:
            ids = set((await connection.execute(select(table.c.conversation_id))).scalars())
            assert ids == {kept.conversation.id}, table.name
        assert await connection.scalar(select(func.count()).select_from(tables.conversations)) == 1
    with pytest.raises(ConversationNotFound):
        await conversations.authenticate(gone.conversation.id, gone.token)


async def test_the_migrations_make_the_tables_that_the_code_knows(database):
    async with database.read() as connection:
        for table in tables.metadata.sorted_tables:
            columns = [row[1] for row in await connection.execute(text(f"PRAGMA table_info({table.name})"))]
            assert columns == [c.name for c in table.columns], table.name
