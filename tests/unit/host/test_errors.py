"""A failure becomes the answer to its request, with all that its sender needs."""

import msgspec

from unshelf.contracts.protocols.host import Failed
from unshelf.host.errors import HostFailure


def test_a_failure_answers_with_all_its_fields() -> None:
    failure = HostFailure(
        "build_failed", "It broke.", hint="Mend it.", step="build", log="line 1\nline 2", retry_after=1.5
    )
    assert failure.answer(7) == Failed(
        id=7, code="build_failed", detail="It broke.", hint="Mend it.", step="build", log="line 1\nline 2", retry_after=1.5
    )  # fmt: skip
    assert str(failure) == "It broke."


def test_a_failure_without_more_survives_the_line() -> None:
    answer = HostFailure("paused", "It is paused.").answer(1)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(answer), type=Failed) == answer
    assert (answer.hint, answer.step, answer.log, answer.retry_after) == ("", "", "", None)
