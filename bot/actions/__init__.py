"""Actions: each asks the service's internal API and passes its typed replies on. Loaded by rasa-sdk."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.internal_api import ask


class _ServiceAction(Action, ABC):
    """Posts the turn to one endpoint; any failure is raised, so that the turn fails and nothing is invented."""

    extra: ClassVar[dict[str, str]] = {}

    @property
    @abstractmethod
    def endpoint(self) -> str:
        """Last part of the address, which gives the action its name too."""

    def name(self) -> str:
        return f"action_{self.endpoint.replace('-', '_')}"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        """Pass on what the service answers.

        Raises:
            InternalApiError: If it does not answer as agreed.
            KeyError: If the message did not come through Klara's channel.
        """
        body = {**turn_of(tracker), **self.extra}
        answer = await asyncio.get_running_loop().run_in_executor(None, ask, self.endpoint, body)
        if "respond" in answer:
            dispatcher.utter_message(response=f"utter_{answer['respond']}")
        for reply in answer.get("replies") or []:
            dispatcher.utter_message(json_message=reply)
        return []


class ActionAnswer(_ServiceAction):
    """A question, and all that no rule of Rasa's knows better."""

    endpoint = "answer"


class ActionOfferHandover(_ServiceAction):
    """The citizen asked for a person."""

    endpoint = "offer-handover"
    extra: ClassVar[dict[str, str]] = {"reason": "asked"}


class ActionTakeComplaint(_ServiceAction):
    """A complaint: received with its time, and routed."""

    endpoint = "take-complaint"


class ActionAffirm(_ServiceAction):
    """A yes, which only the service can relate to what was offered."""

    endpoint = "affirm"


class ActionDeny(_ServiceAction):
    """A no, likewise."""

    endpoint = "deny"


def turn_of(tracker: Tracker) -> dict[str, Any]:
    """What the service needs to know of the latest message.

    Raises:
        KeyError: If the message did not come through Klara's channel.
    """
    message = tracker.latest_message
    metadata = message["metadata"]
    intent = message.get("intent") or {}
    return {
        "conversation_id": metadata["conversation_id"],
        "seq": metadata["seq"],
        "text": message.get("text") or "",
        "language": metadata["language"],
        "masked": metadata["masked"],
        "intent": intent.get("name"),
        "confidence": intent.get("confidence"),
    }
