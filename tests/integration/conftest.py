"""One real Klara for all integration tests: the service, Redis, Rasa and the action server as separate processes."""

from collections.abc import Iterator

import pytest

from ops.stack import Stack
from tests.integration.people import Citizen, Employee
from tests.integration.running import Record, running_stack


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """A dead worker's turn is taken over after five seconds here, so that a test need not wait for ten."""
    with running_stack(KLARA_WORKER_LEASE="PT5S") as running:
        yield running


@pytest.fixture(scope="session")
def base_url(stack: Stack) -> str:
    return stack.base_url


@pytest.fixture(scope="session")
def record(stack: Stack) -> Record:
    return Record(stack.data_dir)


@pytest.fixture
def citizen(base_url: str) -> Iterator[Citizen]:
    with Citizen(base_url) as person:
        yield person


@pytest.fixture
def other_citizen(base_url: str) -> Iterator[Citizen]:
    with Citizen(base_url) as person:
        yield person


@pytest.fixture
def agent(base_url: str) -> Iterator[Employee]:
    with Employee(base_url, "agent1") as person:
        yield person


@pytest.fixture
def colleague(base_url: str) -> Iterator[Employee]:
    with Employee(base_url, "agent2") as person:
        yield person


@pytest.fixture
def supervisor(base_url: str) -> Iterator[Employee]:
    with Employee(base_url, "supervisor") as person:
        yield person
