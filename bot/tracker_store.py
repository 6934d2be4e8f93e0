"""Rasa's tracker as a bounded cache: the last events of the latest conversations. The record is the service's."""

from __future__ import annotations

from collections import OrderedDict

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, Event, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker


class BoundedTrackerStore(TrackerStore):
    """Keeps events in memory; Rasa replays all of them at each message, so that their number is the cost.

    Options in ``bot/endpoints.yml``:
        max_events: Events kept of one conversation, cut where a turn begins.
        max_conversations: Conversations kept; the one unused longest goes first.
    """

    def __init__(
        self,
        domain: Domain | None,
        event_broker: EventBroker | None = None,
        max_events: int = 60,
        max_conversations: int = 5_000,
        **kwargs: object,
    ) -> None:
        super().__init__(domain, event_broker)
        if max_events < 1 or max_conversations < 1:
            raise ValueError("BoundedTrackerStore: max_events and max_conversations must be 1 or more")
        self._max_events = max_events
        self._max_conversations = max_conversations
        self._events: OrderedDict[str, tuple[Event, ...]] = OrderedDict()

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keep the newest events, and the slots as they stood before those."""
        await self.stream_events(tracker)
        self._events[tracker.sender_id] = self._bounded(tracker)
        self._events.move_to_end(tracker.sender_id)
        while len(self._events) > self._max_conversations:
            self._events.popitem(last=False)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """A new tracker with the kept events, or None if there are none."""
        events = self._events.get(sender_id)
        if events is None:
            return None
        self._events.move_to_end(sender_id)
        return DialogueStateTracker.from_events(
            sender_id, list(events), self.domain.slots, max_event_history=self.max_event_history, domain=self.domain
        )

    async def keys(self) -> list[str]:
        """Identifiers of the conversations kept, the latest last."""
        return list(self._events)

    def _bounded(self, tracker: DialogueStateTracker) -> tuple[Event, ...]:
        events = list(tracker.events)
        if len(events) <= self._max_events:
            return tuple(events)
        slots = [SlotSet(name, slot.value) for name, slot in tracker.slots.items() if slot.value is not None]
        room = max(self._max_events - len(slots), 1)
        start = next(
            (number for number in range(len(events) - room, len(events)) if _is_listen(events[number])),
            len(events) - 1,
        )
        return (*slots, *events[start:])


def _is_listen(event: Event) -> bool:
    return isinstance(event, ActionExecuted) and event.action_name == ACTION_LISTEN_NAME
