"""Choose ports on loopback that nobody has, and keep others of this user from choosing the same ones."""

import fcntl
import os
import socket
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

LOOPBACK = "127.0.0.1"


class PortTaken(Exception):
    """A port that was asked for is in use."""

    def __init__(self, port: int) -> None:
        super().__init__(f"Port {port} is taken by another program.")
        self.port = port


@dataclass(frozen=True, slots=True)
class Ports:
    """Where each process of one stack listens, on loopback."""

    service: int
    redis: int
    rasa: int
    actions: int


USUAL = Ports(service=8000, redis=8611, rasa=8612, actions=8613)


class PortBook:
    """Holds the ports of one stack until it is closed.

    A process binds its port seconds after it was chosen (Rasa: 15 s later), so looking whether a port is free
    is not enough while several stacks start: each chosen port is also held with a locked file.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or Path(tempfile.gettempdir()) / f"klara-ports-{os.getuid()}"
        self._held: dict[int, IO[str]] = {}

    def choose(self, wanted: Ports | None = None) -> Ports:
        """Ports that are free now and held from now on.

        Args:
            wanted: The service gets exactly its port; the internal ones are replaced where taken. None: any.

        Raises:
            PortTaken: If the service's port is in use.
        """
        if wanted is None:
            return Ports(*(self._any() for _ in range(4)))
        if not self._hold(wanted.service):
            raise PortTaken(wanted.service)
        internal = {name: port for name, port in asdict(wanted).items() if name != "service"}
        return Ports(
            service=wanted.service,
            **{name: port if self._hold(port) else self._any() for name, port in internal.items()},
        )

    def close(self) -> None:
        """Let others have the ports."""
        for file in self._held.values():
            file.close()
        self._held.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _any(self) -> int:
        for _ in range(50):
            with socket.socket() as probe:
                probe.bind((LOOPBACK, 0))
                port = int(probe.getsockname()[1])
            if self._hold(port):
                return port
        raise OSError("No free port was found on loopback.")

    def _hold(self, port: int) -> bool:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        file = (self._folder / str(port)).open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        if not is_free(port):
            file.close()
            return False
        self._held[port] = file
        return True


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of loopback now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
