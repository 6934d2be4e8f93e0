"""Which employees are there now: a heartbeat in Redis that expires by itself."""

import contextlib
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

_KEY = "klara:presence:"
STATUSES = ("available", "paused", "offline")


@dataclass(frozen=True, slots=True)
class Present:
    """An employee whose desk is alive."""

    employee_id: str
    name: str
    status: str
    teams: tuple[str, ...]  # empty: all


class Presence:
    """Rebuilt by the desks' heartbeats within seconds if Redis loses it."""

    def __init__(self, redis: "Redis", *, ttl: float) -> None:
        self._redis = redis
        self._ttl = int(ttl)

    async def set(self, present: Present) -> None:
        """Remember a status until the next heartbeat is overdue; ``offline`` forgets it.

        Raises:
            RedisError: If Redis does not answer.
        """
        key = _KEY + present.employee_id
        if present.status == "offline":
            await self._redis.delete(key)
            return
        values: dict[Any, Any] = {"name": present.name, "status": present.status, "teams": ",".join(present.teams)}
        async with self._redis.pipeline() as pipeline:
            pipeline.hset(key, mapping=values)
            pipeline.expire(key, self._ttl)
            await pipeline.execute()

    async def beat(self, present: Present) -> None:
        """Renew, keeping the status that is stored; a lost one is set anew."""
        with contextlib.suppress(RedisError, OSError, TimeoutError):
            if not await self._redis.expire(_KEY + present.employee_id, self._ttl):
                await self.set(present)

    async def everyone(self) -> list[Present]:
        """Who is there; [] while Redis does not answer."""
        found = []
        with contextlib.suppress(RedisError, OSError, TimeoutError):
            async for key in self._redis.scan_iter(_KEY + "*"):
                values = {_text(k): _text(v) for k, v in (await self._redis.hgetall(key)).items()}
                if values:
                    teams = tuple(team for team in values["teams"].split(",") if team)
                    employee_id = _text(key).removeprefix(_KEY)
                    found.append(Present(employee_id, values["name"], values["status"], teams))
        return sorted(found, key=lambda present: present.name)

    async def someone_for(self, team: str) -> bool:
        """Whether an employee of this team is available now."""
        return any(p.status == "available" and (not p.teams or team in p.teams) for p in await self.everyone())


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
