"""Rasa's own REST channel, with the metadata that our actions read. Runs in Rasa's environment."""

from __future__ import annotations

from typing import Any

from rasa.core.channels.rest import RestInput
from sanic.request import Request


class PlainRest(RestInput):
    """``POST /webhooks/plain/webhook``: as RestInput, which drops a message's metadata."""

    @classmethod
    def name(cls) -> str:
        return "plain"

    def get_metadata(self, request: Request) -> dict[str, Any] | None:
        return request.json.get("metadata")
