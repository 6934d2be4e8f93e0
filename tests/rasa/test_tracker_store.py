"""The tracker is a cache with bounds: a long conversation costs no more than a short one."""

import asyncio

import pytest
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from bot.tracker_store import BoundedTrackerStore

DOMAIN = Domain.load("bot/domain")
TURN_EVENTS = 5


def turn(number, language="da"):
    return [
        ActionExecuted("action_listen"),
        UserUttered(f"text {number}", {"name": "question"}),
        SlotSet("language", language),
        ActionExecuted("action_answer"),
        BotUttered(f"answer {number}"),
    ]


def tracker_of(sender, events):
    return DialogueStateTracker.from_events(sender, events, DOMAIN.slots, domain=DOMAIN)


@pytest.fixture
def store():
    return BoundedTrackerStore(DOMAIN, max_events=20, max_conversations=3)


def saved(store, sender, events):
    asyncio.run(store.save(tracker_of(sender, events)))
    return asyncio.run(store.retrieve(sender))


def test_a_short_conversation_comes_back_as_it_was(store):
    events = turn(1) + turn(2, "en")

    tracker = saved(store, "c1", events)

    assert list(tracker.events) == events
    assert (tracker.sender_id, tracker.get_slot("language")) == ("c1", "en")


@pytest.mark.parametrize("turns", [4, 5, 6, 200])
def test_at_most_the_bound_is_kept_cut_where_a_turn_begins(store, turns):
    tracker = saved(store, "c1", [event for number in range(turns) for event in turn(number)])

    kept = [event for event in tracker.events if not isinstance(event, SlotSet)]
    assert len(tracker.events) <= 20
    assert kept[0] == ActionExecuted("action_listen")
    assert tracker.events[-1] == BotUttered(f"answer {turns - 1}")


def test_a_slot_set_before_the_cut_keeps_its_value(store):
    quiet = [event for number in range(50) for event in turn(number) if not isinstance(event, SlotSet)]

    assert saved(store, "c1", turn(0, "en") + quiet).get_slot("language") == "en"


def test_many_turns_one_after_the_other_stay_within_the_bound(store):
    tracker = saved(store, "c1", turn(0))
    for number in range(1, 50):
        tracker.update_with_events(turn(number), DOMAIN)
        asyncio.run(store.save(tracker))
        tracker = asyncio.run(store.retrieve("c1"))
        assert len(tracker.events) <= 20
    assert tracker.latest_message.text == "text 49"


def test_a_turn_that_fails_leaves_the_stored_conversation_alone(store):
    tracker = saved(store, "c1", turn(1))
    tracker.update_with_events(turn(2), DOMAIN)

    assert list(asyncio.run(store.retrieve("c1")).events) == turn(1)


def test_the_conversation_unused_longest_goes_first(store):
    for sender in ("a", "b", "c"):
        saved(store, sender, turn(1))
    asyncio.run(store.retrieve("a"))
    saved(store, "d", turn(1))

    assert asyncio.run(store.keys()) == ["c", "a", "d"]
    assert asyncio.run(store.retrieve("b")) is None


@pytest.mark.parametrize("bound", [{"max_events": 0}, {"max_conversations": 0}])
def test_bounds_below_one_are_refused(bound):
    with pytest.raises(ValueError, match="1 or more"):
        BoundedTrackerStore(DOMAIN, **bound)


def test_rasa_makes_the_store_that_the_endpoints_name():
    store = TrackerStore.create(
        EndpointConfig.from_dict(
            {
                "type": "bot.tracker_store.BoundedTrackerStore",
                "max_events": 60,
                "max_conversations": 5_000,
            }
        ),
        DOMAIN,
    )

    assert isinstance(store, BoundedTrackerStore)
