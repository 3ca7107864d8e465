"""Refused connections: counted for control, and a line each in the log of their version."""

from pathlib import Path

from unshelf.contracts.network.reasons import NOT_GRANTED
from unshelf.contracts.protocols.host import RefusedConnection
from unshelf.contracts.protocols.jobs import RefusedPlace
from unshelf.host.launch.logs import WorkerLogs
from unshelf.host.launch.network.refusals import JobRefusals, Refusals, sentence


def test_refusals_are_counted_and_taken_once(tmp_path: Path) -> None:
    refusals = Refusals(WorkerLogs(tmp_path))
    refusals.note("iris", 3, "db.example.org:5432", NOT_GRANTED)
    refusals.note("iris", 3, "db.example.org:5432", NOT_GRANTED, count=4)
    assert refusals.take() == [
        RefusedConnection(model="iris", version=3, place="db.example.org:5432", reason=NOT_GRANTED, count=5)
    ]
    assert refusals.take() == []


def test_the_log_of_the_version_says_once_a_minute_what_grants_it(tmp_path: Path) -> None:
    refusals = Refusals(WorkerLogs(tmp_path))
    for _ in range(3):
        refusals.note("iris", 3, "db.example.org:5432", NOT_GRANTED)
    refusals.note("iris", 0, "db.example.org:5432", NOT_GRANTED)  # a check has no log of its own here
    lines = (tmp_path / "iris-3.log").read_text().splitlines()
    assert len(lines) == 1
    assert "[network]" in lines[0] and 'allow = ["db.example.org:5432"]' in lines[0]
    assert "unshelf network iris --allow db.example.org:5432" in lines[0]


def test_what_is_kept_is_bounded(tmp_path: Path) -> None:
    refusals = Refusals(WorkerLogs(tmp_path))
    for number in range(1200):
        refusals.note("iris", 3, f"h{number}.example:1", NOT_GRANTED)
    taken = refusals.take()
    assert len(taken) == 1001
    assert sum(each.count for each in taken) == 1200


def test_what_a_program_wrote_is_shown_escaped() -> None:
    assert "\\x1b" in sentence("iris", "\x1b[2J:1", NOT_GRANTED)
    assert "Grant it" not in sentence("iris", "\x1b[2J:1", NOT_GRANTED)


def test_what_an_attempt_was_refused_is_counted_by_place_and_taken_with_its_outcome() -> None:
    refusals = JobRefusals()
    for count in (1, 2):
        refusals.note("j1", 1, "pypi.org:443", NOT_GRANTED, count)
    refusals.note("j1", 2, "pypi.org:443", NOT_GRANTED, 1)
    assert refusals.take("j1", 1) == [RefusedPlace(place="pypi.org:443", reason=NOT_GRANTED, count=3)]
    assert refusals.take("j1", 1) == []
    for number in range(30):
        refusals.note("j1", 2, f"host-{number}:443", NOT_GRANTED, 1)
    found = refusals.take("j1", 2)
    assert len(found) == 21 and found[-1] == RefusedPlace(place="*", reason="", count=11), (
        "how many are kept is bounded"
    )
