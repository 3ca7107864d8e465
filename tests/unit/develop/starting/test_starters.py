"""Starters: with the rights of who set something up, as they are now."""

from collections.abc import Mapping
from typing import Any

import pytest

from unshelf.contracts.errors import Forbidden, InvalidInput, Unavailable
from unshelf.develop.starting.starters import Started, Starters
from unshelf.foundation.access.actors import Actor

ANA = Actor(id="ana", kind="user", label="ana")


class Jobs:
    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure
        self.asked: list[tuple[str, str, Mapping[str, Any] | None]] = []

    def require(self, actor: Actor, target: str) -> str:
        return "risk"

    def start(self, actor: Actor, target: str, *, key: str, parameters: Mapping[str, Any] | None = None) -> str:
        if self.failure is not None:
            raise self.failure
        self.asked.append((target, key, parameters))
        return "run"


def starters(jobs: Jobs) -> Starters:
    made = Starters({"ana": ANA}.get)
    made.register("job", jobs)
    return made


def start(jobs: Jobs, *, actor: str = "ana", kind: str = "job") -> Started:
    return starters(jobs).start(kind, "job-1", actor_id=actor, actor_label="Ana", key="k", parameters={"x": 1})


def test_a_start_passes_on_key_and_parameters() -> None:
    jobs = Jobs()
    assert start(jobs) == Started(name="run")
    assert jobs.asked == [("job-1", "k", {"x": 1})]


def test_a_refusal_is_returned_with_its_reason_and_silence_is_raised() -> None:
    assert start(Jobs(Forbidden("The quota is used up."))) == Started(name=None, error="The quota is used up.")
    assert "may do nothing here" in start(Jobs(), actor="gone").error
    assert "'rocket'" in start(Jobs(), kind="rocket").error
    with pytest.raises(Unavailable):
        start(Jobs(Unavailable("The host does not answer.")))


def test_a_kind_is_registered_once_and_an_unknown_one_is_named() -> None:
    known = starters(Jobs())
    with pytest.raises(ValueError, match="already"):
        known.register("job", Jobs())
    with pytest.raises(InvalidInput, match="rocket"):
        known.require(ANA, "rocket", "job-1")
    assert known.require(ANA, "job", "job-1") == "risk"
