"""The API does what its description says: random requests made of it, to the running application, on both back ends."""

import hypothesis
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from test_api import Town

CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
EXAMPLES = 6
"""Requests for each operation."""

UNDESCRIBED = "/events"
"""What goes on as long as someone listens; it has tests of its own."""


def test_random_requests_are_answered_as_described(store, tmp_path):
    town = Town(store, tmp_path / "own")
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", town.app)
    headers = {"Authorization": f"Bearer {town.tokens['root']}", "Accept-Encoding": "identity"}
    asked = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.path.endswith(UNDESCRIBED):
            continue

        @hypothesis.settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(case=operation.as_strategy())
        def ask(case):
            nonlocal asked
            asked += 1
            case.validate_response(case.call(headers=headers), checks=CHECKS)

        ask()
    assert asked > 30 * EXAMPLES / 2
