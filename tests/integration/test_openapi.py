"""The published description holds: calls made from it at random get no 5xx, and no answer that it does not name."""

from collections import Counter
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode, checks
from schemathesis.core.failures import FailureGroup

from ops.stack import Stack
from tests.integration.people import Citizen, Employee, waiting_citizen

ENDLESS = "/api/v1/conversations/{conversation_id}/events"  # never ends; test_live.py reads it

EXAMPLES = 8  # of each operation
WANTED = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]


@pytest.fixture(scope="module")
def api(stack: Stack) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_url(stack.base_url + "/openapi.json").exclude(path=ENDLESS)


def random_calls(
    operation: Any, mode: GenerationMode, citizen: Citizen, handover_id: str, agent: Employee
) -> Counter[int]:
    """The statuses of a few calls of one operation, about a conversation that exists and by someone who may.

    Raises:
        AssertionError: With the call, if an answer is not one that is described.
    """
    own = {"conversation_id": citizen.id, "handover_id": handover_id}
    staff = operation.path.startswith(("/api/v1/desk", "/api/v1/knowledge"))
    statuses: Counter[int] = Counter()
    headers = agent.headers if staff else citizen.headers

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def call(case: schemathesis.Case) -> None:
        case.path_parameters = {name: own[name] for name in case.path_parameters or {}}
        statuses[case.call_and_validate(headers=headers, checks=WANTED, timeout=30).status_code] += 1

    with suppress(Unsatisfiable):  # nothing in this call can be wrong
        call()
    return statuses


def test_random_calls_get_only_what_is_described(api, base_url):
    failures = []
    statuses: Counter[int] = Counter()
    for result in api.get_all_operations():
        operation = result.ok()
        # A conversation for each, handed over and claimed: what one call ends must not hide what the next does.
        with waiting_citizen(base_url) as citizen, Employee(base_url, "agent1") as agent:
            handover = agent.waiting(citizen)
            if "claim" not in operation.path:
                agent.claim(citizen)
            for mode in GenerationMode:
                try:
                    statuses += random_calls(operation, mode, citizen, handover["id"], agent)
                except (AssertionError, FailureGroup) as error:
                    failures.append(f"{operation.label}: {error}"[:1_500])
    assert failures == [], "\n\n".join(failures)
    assert statuses[200] + statuses[201] > 20, "calls succeed"
    assert statuses[422] > 20, "and are refused"


def test_every_call_is_described(api):
    operations = [operation.ok().label for operation in api.get_all_operations()]
    assert len(operations) >= 26
    assert not [label for label in operations if "internal" in label]


def test_no_call_takes_a_token_in_its_address(stack: Stack, citizen: Citizen):
    spec = citizen.http.get("/openapi.json").json()
    parameters = [
        parameter["name"]
        for operations in spec["paths"].values()
        for operation in operations.values()
        for parameter in operation.get("parameters", [])
        if parameter["in"] in ("query", "path")
    ]
    assert parameters
    assert [name for name in parameters if "token" in name or "code" in name or "secret" in name] == []
