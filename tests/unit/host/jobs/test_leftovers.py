"""What a stranger's program left is taken with care: regular files alone, and results that are what they should be."""

import os
from pathlib import Path

import pytest

from unshelf.contracts.home import Home
from unshelf.host.jobs.attempt_folder import AttemptFolder, RunnerOutcome
from unshelf.host.jobs.leftovers import MAX_RESULTS_BYTES, store_leftovers
from unshelf.runtime.blobs.files import FileBlobs

ENDED = RunnerOutcome(
    how="exited", status=0, detail="", started_at=1.0, ended_at=2.0, cpu_seconds=0.5, peak_memory_bytes=7
)


@pytest.fixture
def folder(tmp_path: Path) -> AttemptFolder:
    found = AttemptFolder(Home(tmp_path / "home"), "01hz", 1)
    found.outputs.mkdir(parents=True)
    return found


@pytest.fixture
def blobs(tmp_path: Path) -> FileBlobs:
    return FileBlobs(tmp_path / "blobs")


def test_files_and_output_are_stored_under_their_paths(folder: AttemptFolder, blobs: FileBlobs) -> None:
    (folder.outputs / "plots").mkdir()
    (folder.outputs / "plots" / "loss.csv").write_text("1")
    folder.output.write_text("hello\n")
    outcome = store_leftovers(folder, ENDED, blobs)
    assert [(file.path, blobs.read(file.sha256)) for file in outcome.files] == [("plots/loss.csv", b"1")]
    assert outcome.output is not None
    assert blobs.read(outcome.output.sha256) == b"hello\n"
    assert (outcome.how, outcome.status, outcome.cpu_seconds, outcome.results) == ("exited", 0, 0.5, None)


def test_links_pipes_and_odd_names_are_left_out(folder: AttemptFolder, blobs: FileBlobs, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hush")
    (folder.outputs / "link").symlink_to(tmp_path / "secret")
    (folder.outputs / "folder").symlink_to(tmp_path)
    (folder.outputs / "results.json").symlink_to(tmp_path / "secret")
    os.mkfifo(folder.outputs / "pipe")
    (folder.outputs / "a\nb").write_text("x")
    outcome = store_leftovers(folder, ENDED, blobs)
    assert outcome.files == []
    assert outcome.results is None
    assert "'a\\nb' is left out for its name" in outcome.detail


@pytest.mark.parametrize(
    ("content", "said"),
    [("{", "is no JSON"), ("[1]", "is no JSON object"), ('"' + "x" * MAX_RESULTS_BYTES + '"', "more than 1 MiB")],
    ids=["broken", "list", "large"],
)
def test_results_that_are_none_are_not_read_and_it_is_said(
    folder: AttemptFolder, blobs: FileBlobs, content: str, said: str
) -> None:
    (folder.outputs / "results.json").write_text(content)
    outcome = store_leftovers(folder, ENDED, blobs)
    assert outcome.results is None
    assert said in outcome.detail
    assert [file.path for file in outcome.files] == ["results.json"], "as a file it is there all the same"


def test_results_are_kept_as_json(folder: AttemptFolder, blobs: FileBlobs) -> None:
    (folder.outputs / "results.json").write_text('{\n "auc": 0.9 }')
    assert store_leftovers(folder, ENDED, blobs).results == '{"auc":0.9}'
