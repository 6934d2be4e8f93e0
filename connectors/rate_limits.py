"""Limits per minute; a refusal is a 429 with ``Retry-After``.

Counted in memory of each process: a limit must also hold while Redis is down, and with few processes
the difference does not matter.
"""

import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from connectors.errors import TooManyRequests
from connectors.settings import Settings


class RateLimits:
    """Counts what each conversation, address or user does."""

    def __init__(self, settings: Settings) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._items = {
            name: RateLimitItemPerMinute(settings.limit(f"{name}_per_minute"))
            for name in ("messages", "conversations", "logins")
        }

    def count(self, name: str, who: str) -> None:
        """Count one of ``messages``, ``conversations`` or ``logins``.

        Raises:
            TooManyRequests: If the limit is reached.
        """
        item = self._items[name]
        if not self._limiter.hit(item, name, who):
            reset = self._limiter.get_window_stats(item, name, who).reset_time
            raise TooManyRequests(max(1, round(reset - time.time())))
