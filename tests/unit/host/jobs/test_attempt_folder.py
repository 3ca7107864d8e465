"""An attempt's folder is its memory: claimed once, locked by what keeps it, read by whoever comes next."""

import os
from pathlib import Path

import pytest

from unshelf.contracts.bundle import BundleFile
from unshelf.contracts.home import Home
from unshelf.contracts.protocols.jobs import AttemptOrder, AttemptOutcome
from unshelf.host.errors import HostFailure
from unshelf.host.jobs.attempt_folder import AttemptFolder, all_folders

ORDER = AttemptOrder(
    job="01hz", number=1, project="risk", tier="small", environment="e" * 64,
    code=[BundleFile(path="a.py", sha256="a" * 64, size=1)], command=["a.py"], secrets={"KEY": "hush"},
    parameters='{"n": 1}', seconds=1.0, disk_bytes=1, output_bytes=1,
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> AttemptFolder:
    return AttemptFolder(Home(tmp_path), "01hz", 1)


def test_a_claim_is_made_once_and_keeps_the_order_without_its_secrets(folder: AttemptFolder) -> None:
    folder.make(ORDER)
    with pytest.raises(FileExistsError):
        folder.make(ORDER)
    kept = folder.order()
    assert kept is not None
    assert kept.command == ["a.py"]
    assert b"hush" not in b"".join(path.read_bytes() for path in folder.path.rglob("*") if path.is_file())
    assert folder.parameters.read_text() == '{"n": 1}'
    assert folder.checkpoint.is_dir()


def test_a_runner_lives_as_long_as_somebody_has_its_lock(folder: AttemptFolder) -> None:
    assert not folder.has_runner()
    folder.make(ORDER)
    lock = folder.lock()
    inherited = os.dup(lock)
    os.close(lock)
    assert folder.has_runner()
    os.close(inherited)
    assert not folder.has_runner()


def test_what_is_not_written_or_cut_off_is_not_there(folder: AttemptFolder) -> None:
    folder.make(ORDER)
    (folder.path / "outcome.json").write_text('{"how": "exi')
    assert (folder.start(), folder.usage(), folder.ended(), folder.stored()) == (None, None, None, None)


def test_an_outcome_is_read_as_it_was_stored(folder: AttemptFolder) -> None:
    folder.make(ORDER)
    outcome = AttemptOutcome(how="exited", status=0, started_at=1.0, ended_at=2.0)
    folder.store(outcome)
    assert folder.stored() == outcome


def test_the_first_reason_to_end_counts(folder: AttemptFolder) -> None:
    folder.note_ending("cancelled")  # there is no folder: no error
    folder.make(ORDER)
    assert not folder.is_ending()
    folder.note_ending("interrupted")
    folder.note_ending("cancelled")
    assert folder.is_ending()
    assert (folder.path / "ending").read_text() == "interrupted"


def test_all_attempts_are_found_and_nothing_else(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert list(all_folders(home)) == []
    for number in (1, 2):
        AttemptFolder(home, "01hz", number).make(ORDER)
    (home.jobs / "a-file").write_text("")
    assert [str(each) for each in all_folders(home)] == ["01hz/1", "01hz/2"]
    AttemptFolder(home, "01hz", 1).remove()
    assert [each.number for each in all_folders(home)] == [2]


@pytest.mark.parametrize(("job", "number"), [("../up", 1), ("", 1), ("A", 1), ("x" * 65, 1), ("01hz", 0)])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, job: str, number: int) -> None:
    with pytest.raises(HostFailure, match="no attempt"):
        AttemptFolder(Home(tmp_path), job, number)
