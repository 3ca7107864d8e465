"""Each error says in the product's language what happened, and has a place in the list of codes."""

import pytest

from unshelf.contracts.hosting import Failed
from unshelf.contracts.problems import CODES
from unshelf.foundation import errors
from unshelf.foundation.errors import Conflict, HostFailure, Unavailable, UnshelfError

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, UnshelfError)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_known_code_and_a_docstring(kind: type[UnshelfError]) -> None:
    assert kind.code in CODES
    assert kind.__doc__


def test_the_docstring_is_the_default_message() -> None:
    assert Conflict().detail == "The present state does not allow that."
    assert str(Conflict("taken", hint="choose another")) == "taken"


def test_what_is_unavailable_says_when_to_come_back() -> None:
    assert Unavailable(retry_after=3).retry_after == 3


def test_a_host_failure_keeps_what_the_host_said() -> None:
    failed = Failed(id=1, code="build_failed", detail="no wheel", hint="add it", step="build", retry_after=None)
    error = HostFailure(failed)
    assert (error.detail, error.hint, error.failed.step, error.code) == ("no wheel", "add it", "build", "unavailable")
    assert HostFailure(Failed(id=1, code="not_found", detail="gone")).code == "not_found"
