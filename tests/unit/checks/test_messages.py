"""The rule of messages: what a person reads as detail or hint is a sentence."""

import pytest

from checks.messages import check_messages
from checks.source import Module

ERRORS = Module("contracts/errors.py", "class NotFound(Exception): ...\n")


def faults(line: str) -> list[str]:
    module = Module("deploy/x.py", f"def act(name):\n    {line}\n")
    return [finding.message for finding in check_messages([ERRORS, module])]


@pytest.mark.parametrize(
    "line",
    [
        'raise NotFound("There is no model.", hint="`unshelf models` lists them.")',
        'raise NotFound(f"{name} is not here.", hint=f"Deploy it: {name}")',
        'raise NotFound("Which one?", hint="docs/reference/http.md lists them.")',
        'raise NotFound("There are " + name, hint="")',
        'report(DeployEvent(step="start", detail="iris:1 is live"))',
        'raise ValueError("not for people")',
    ],
)
def test_sentences_and_facts_pass(line: str) -> None:
    assert faults(line) == []


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('raise NotFound("there is no model.")', "starts in lower case"),
        ('raise NotFound(f"there is no {name}.")', "starts in lower case"),
        ('raise NotFound(f"{name} is not here")', "has no full stop"),
        ('raise NotFound("Gone.", hint="deploy it again.")', "starts in lower case"),
        ('raise ProblemError("not_found", "nothing is here.")', "starts in lower case"),
        ('fail(code="x", detail="It went wrong")', "has no full stop"),
        ('fail(code="x", hint="Deploy it " + "again")', "has no full stop"),
    ],
)
def test_what_is_no_sentence_is_found(line: str, fault: str) -> None:
    assert faults(line) == [f"line 2: a detail or hint {fault}"]
