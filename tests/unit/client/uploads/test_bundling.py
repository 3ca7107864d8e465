"""Uploaded files are bundled as a path is; choices of the form take the place of what the files say."""

from pathlib import Path

import msgspec
import pytest

from tests.support.models import write_model
from unshelf.client.bundling.bundle import DeployOptions
from unshelf.client.bundling.folder import bundle_path
from unshelf.client.uploads.bundling import answer
from unshelf.contracts.protocols.bundling import BundleChoices, BundleRefused, BundlingQuestion, MadeBundle

pytestmark = pytest.mark.runs_program


def bundled(folder: Path, **choices: object) -> MadeBundle:
    question = BundlingQuestion(folder=str(folder), choices=msgspec.convert(choices, BundleChoices))
    found = answer(question)
    assert isinstance(found, MadeBundle), found
    return found


def refused(folder: Path, **choices: object) -> BundleRefused:
    found = answer(BundlingQuestion(folder=str(folder), choices=msgspec.convert(choices, BundleChoices)))
    assert isinstance(found, BundleRefused), found
    return found


def test_the_manifest_is_that_of_the_path(tmp_path: Path) -> None:
    folder = write_model(tmp_path, name="adder")

    assert bundled(folder).manifest == bundle_path(folder, DeployOptions()).manifest


def test_files_made_while_bundling_come_with_their_content(tmp_path: Path) -> None:
    found = bundled(write_model(tmp_path, name="adder"))

    example = next(file for file in found.manifest.files if file.path == found.manifest.example)
    assert [each.sha256 for each in found.made] == [example.sha256]
    assert len(found.made[0].content) == example.size


def test_chosen_replicas_keep_to_what_can_be(tmp_path: Path) -> None:
    folder = write_model(tmp_path, name="adder", extra="[scaling]\nmin = 1\nmax = 2\nidle = 60\n")

    scaling = bundled(folder, min_replicas=3).manifest.scaling

    assert (scaling.min, scaling.max, scaling.idle) == (3, 3, 60)
    assert "min=3 max=1" in refused(folder, min_replicas=3, max_replicas=1).detail


def test_a_single_file_is_the_model_and_a_chosen_one_brings_what_lies_beside_it(tmp_path: Path) -> None:
    (tmp_path / "model.txt").write_bytes(b"tree\nversion=v4\n")
    assert bundled(tmp_path).manifest.loader.kind == "lightgbm"
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "steps.py").write_text("X = 1\n")
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n")

    manifest = bundled(tmp_path, path="model.txt", example="rows.csv").manifest

    assert {file.path for file in manifest.files} == {"model.txt", "own/steps.py", ".unshelf/example.json"}
    assert manifest.signature is not None
    assert "none.txt" in refused(tmp_path, path="none.txt").detail


def test_notes_say_nothing_of_what_is_installed_where_the_process_runs(tmp_path: Path) -> None:
    (tmp_path / "model.txt").write_bytes(b"tree\nversion=v4\n")

    notes = bundled(tmp_path).manifest.notes

    assert notes
    assert not [note for note in notes if "installed here" in note]


def test_messages_name_files_as_their_sender_knows_them(tmp_path: Path) -> None:
    (tmp_path / "unshelf.toml").write_text("[model]\nfile = 'a.joblib'\n[odd]\n")

    found = refused(tmp_path)

    assert found.detail.startswith("unshelf.toml:3: [odd]")
    (tmp_path / "unshelf.toml").unlink()
    (tmp_path / "a").write_text("")
    (tmp_path / "b").write_text("")
    assert refused(tmp_path).detail.startswith("The folder has neither")
