"""Problems: status and title follow from the code, and empty fields are not written."""

import json

import pytest

from unshelf.contracts.problems import CODES, InputError, as_fields, encode_problem, problem


def test_a_problem_says_what_its_code_means() -> None:
    assert json.loads(encode_problem(problem("not_found", "No such model."))) == {
        "type": "urn:unshelf:problem:not_found", "title": "Not Found", "status": 404, "code": "not_found",
        "detail": "No such model.",
    }  # fmt: skip


def test_faults_hint_and_id_are_written_where_they_are() -> None:
    fields = as_fields(
        problem(
            "invalid_input",
            "Wrong.",
            hint="Send numbers.",
            id="p1",
            errors=[InputError(row=0, expected="int", got="null")],
        )
    )
    assert (fields["hint"], fields["id"]) == ("Send numbers.", "p1")
    assert fields["errors"] == [{"row": 0, "expected": "int", "got": "null"}]


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_title(code: str) -> None:
    made = problem(code, "x")
    assert made.title
    assert 400 <= made.status < 600
