"""Refusals become problems: with the status of their code, Retry-After in whole seconds, and `error` for V2 clients."""

import json

import pytest

from unshelf.gateway.errors import V2, ProblemError, encode_for_caller, encode_for_owner, problem_response


def test_a_refusal_has_the_status_of_its_code() -> None:
    refusal = ProblemError("paused", "Paused.", hint="Resume it.")
    assert (refusal.status, refusal.problem("p1").id, refusal.problem().hint) == (503, "p1", "Resume it.")


@pytest.mark.parametrize(("seconds", "header"), [(0.2, "1"), (1.4, "1"), (2.6, "3")])
def test_callers_come_back_after_whole_seconds(seconds: float, header: str) -> None:
    refusal = ProblemError("too_many_requests", "Slow down.", headers=(("x-a", "1"),), retry_after=seconds)
    assert refusal.headers == (("x-a", "1"), ("retry-after", header))


def test_v2_clients_read_the_detail_as_error() -> None:
    problem = ProblemError("not_found", "No such model.").problem()
    assert json.loads(encode_for_caller(problem, V2))["error"] == "No such model."
    assert "error" not in json.loads(encode_for_caller(problem, "native"))


def test_only_the_owner_sees_the_traceback() -> None:
    problem = ProblemError("model_error", "The model raised.").problem()
    assert json.loads(encode_for_owner(problem, "Traceback …"))["traceback"] == "Traceback …"
    assert "traceback" not in json.loads(encode_for_owner(problem, ""))


def test_the_response_is_a_problem_that_browsers_do_not_guess_about() -> None:
    response = problem_response(ProblemError("forbidden", "No.", headers=(("x-a", "1"),)))
    assert response.status == 403
    headers = dict(response.headers)
    assert headers == {"content-type": "application/problem+json", "x-content-type-options": "nosniff", "x-a": "1"}
