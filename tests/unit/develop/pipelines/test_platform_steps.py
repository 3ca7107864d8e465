"""Refusals are outcomes that say what to do."""

from unshelf.contracts.errors import Forbidden
from unshelf.develop.pipelines.platform_steps import refused


def test_a_refusal_is_a_failure_with_its_hint() -> None:
    outcome = refused(Forbidden("You may not", hint="Ask an owner."))
    assert (outcome.state, outcome.reason) == ("failed", "You may not. Ask an owner.")
