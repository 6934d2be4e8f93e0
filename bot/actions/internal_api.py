"""The service's internal API, as the actions call it: loopback HTTP with a shared secret."""

from __future__ import annotations

import os
from typing import Any

import requests
from requests.adapters import HTTPAdapter

SECONDS = 2.5
_DEFAULT_URL = "http://127.0.0.1:8000/internal/v1"


class InternalApiError(Exception):
    """The service gave no usable answer; the message holds no citizen's text."""


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # no proxy: the call never leaves the machine
    session.mount("http://", HTTPAdapter(pool_connections=4, pool_maxsize=32))
    return session


_SESSION = _session()


def ask(endpoint: str, body: dict[str, Any]) -> dict[str, Any]:
    """Post ``body`` and return ``{"replies": [...]}`` or ``{"respond": name}``.

    Raises:
        InternalApiError: If there is no answer within 2.5 seconds, or one that is not such an object.
    """
    url = f"{os.environ.get('KLARA_INTERNAL_URL', _DEFAULT_URL).rstrip('/')}/{endpoint}"
    headers = {"X-Klara-Secret": os.environ.get("KLARA_INTERNAL_SECRET", "development-only")}
    try:
        answer = _SESSION.post(url, json=body, headers=headers, timeout=SECONDS)
    except requests.RequestException as error:
        raise InternalApiError(f"{endpoint}: {type(error).__name__}") from None
    if answer.status_code != 200:
        raise InternalApiError(f"{endpoint}: status {answer.status_code}")
    try:
        replies = answer.json()
    except ValueError:
        raise InternalApiError(f"{endpoint}: not JSON") from None
    if not _is_usable(replies):
        raise InternalApiError(f"{endpoint}: neither replies nor respond")
    return dict(replies)


def _is_usable(answer: Any) -> bool:
    if not isinstance(answer, dict):
        return False
    if isinstance(answer.get("respond"), str) and answer["respond"]:
        return True
    replies = answer.get("replies")
    return isinstance(replies, list) and bool(replies) and all(isinstance(r, dict) and r.get("kind") for r in replies)
