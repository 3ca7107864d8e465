"""Bundling of uploaded files by a running host: what comes of them, what a hostile program there sees, what is refused."""

import gzip
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.component.host.running import RunningHost, put_blob, running_host
from unshelf.contracts.bundle import BundleFile
from unshelf.contracts.protocols.bundling import BundleChoices
from unshelf.contracts.protocols.host import Bundled, BundleFiles, Failed, Progress

RECIPE = b"""
[model]
name = "adder"
predict = "predict.py:predict"
[environment]
requirements = ["numpy==2.0"]
[baseline]
file = "rows.csv"
"""
CODE = b"def predict(rows):\n    return [0 for _ in rows]\n"
HOSTILE = """
import json, os, socket

def tried(act):
    try:
        return str(act())
    except OSError as error:
        return type(error).__name__

found = {
    "token": tried(lambda: open(HOME + "/admin-token").read()),
    "write": tried(lambda: open(HOME + "/run/left", "w")),
    "network": tried(lambda: socket.create_connection(("127.0.0.1", PORT), 5)),
    "variables": sorted(os.environ),
    "user": os.getuid(),
}
print(json.dumps({"type": "refused", "detail": json.dumps(found)}))
"""


@pytest.fixture
def host(tmp_path: Path) -> Iterator[RunningHost]:
    with running_host(tmp_path / "home") as running:
        yield running


def files_of(host: RunningHost, **contents: bytes) -> list[BundleFile]:
    """Files by their names, with `__` for the dot."""
    return [
        BundleFile(path=name.replace("__", "."), sha256=put_blob(host.home, content), size=len(content))
        for name, content in contents.items()
    ]


def ask(host: RunningHost, files: list[BundleFile], **choices: Any) -> list[Any]:
    return host.sender().ask_all(BundleFiles(id=1, files=files, choices=BundleChoices(**choices), actor="ana"))


def refusal(host: RunningHost, files: list[BundleFile], **choices: Any) -> Failed:
    answer = ask(host, files, **choices)[-1]
    assert isinstance(answer, Failed), answer
    assert (answer.code, answer.step) == ("bundle_failed", "bundle")
    return answer


def test_a_folder_becomes_a_bundle_with_what_was_chosen(host: RunningHost) -> None:
    files = files_of(host, unshelf__toml=RECIPE, predict__py=CODE, rows__csv=b"a,b\n1,2\n,4\n")

    heard = ask(host, files, min_replicas=1, max_replicas=3, description="Adds.", requirements=["numpy==2.1"])

    assert isinstance(heard[-1], Bundled), heard
    bundle = heard[-1].bundle
    assert bundle.manifest.requirements == ["numpy==2.1"]
    assert (bundle.manifest.scaling.min, bundle.manifest.scaling.max) == (1, 3)
    assert bundle.manifest.description == "Adds."
    sent = {file.sha256 for file in files}
    made = {each.sha256 for each in bundle.made}
    assert {file.sha256 for file in bundle.manifest.files} <= sent | made
    assert bundle.baseline is not None
    assert bundle.baseline.sha256 in made
    assert [each.state for each in heard if isinstance(each, Progress)][-1] == "done"
    assert not list(host.run.glob("build-*")), "nothing of it stays"


def test_a_model_file_takes_the_requirements_and_the_code_beside_it(host: RunningHost) -> None:
    booster = b"tree\nversion=v4\nnum_class=1\n"
    files = files_of(host, model__txt=booster, requirements__txt=b"lightgbm==4.5.0\n", own__py=b"X = 1\n")

    answer = ask(host, files, path="model.txt")[-1]

    assert isinstance(answer, Bundled), answer
    manifest = answer.bundle.manifest
    assert "lightgbm==4.5.0" in manifest.requirements
    assert {file.path for file in manifest.files} == {"model.txt", "own.py"}


def test_the_lock_of_a_chosen_environment_takes_the_place_of_requirements(host: RunningHost) -> None:
    lock = 'lock-version = "1.0"\n'

    answer = ask(host, files_of(host, unshelf__toml=RECIPE, predict__py=CODE, rows__csv=b"a\n1\n"), lock=lock)[-1]

    manifest = answer.bundle.manifest
    assert (manifest.lock, manifest.requirements) == (".unshelf/pylock.toml", [])
    assert lock.encode() in [each.content for each in answer.bundle.made]


@pytest.mark.long
def test_what_is_missing_is_said_in_words_of_the_person_who_sent_it(host: RunningHost) -> None:
    nothing = refusal(host, files_of(host, a__bin=b"1", b__bin=b"2"))
    assert "unshelf.toml" in nothing.detail
    assert str(host.home) not in nothing.detail + nothing.hint
    assert "/run/unshelf" not in nothing.detail + nothing.hint
    unknown = refusal(host, files_of(host, unshelf__toml=b"[model]\nfilee = 1\n"))
    assert unknown.hint == "Did you mean file?"
    platform_data = RECIPE.replace(b'file = "rows.csv"', b'data = "data://orders"')
    assert "data://orders" in refusal(host, files_of(host, unshelf__toml=platform_data, predict__py=CODE)).detail


def test_a_pickle_is_read_and_never_loaded(host: RunningHost, tmp_path: Path) -> None:
    touched = tmp_path / "touched"
    program = f"cos\nsystem\n(S'touch {touched}'\ntR.".encode()

    answer = ask(host, files_of(host, model__pkl=program))[-1]

    assert isinstance(answer, Bundled | Failed)
    assert not touched.exists()


@pytest.mark.long
def test_an_archive_that_unpacks_without_end_ends_for_want_of_memory(tmp_path: Path) -> None:
    with running_host(tmp_path / "home", build_memory_bytes=256 << 20) as host:
        bomb = gzip.compress(b"\0" * (700 << 20), compresslevel=9)

        answer = refusal(host, files_of(host, model__pkl=bomb))

        assert "memory" in answer.detail
        assert host.describe(machine=False).replicas == []


def test_a_program_that_takes_over_the_process_reaches_nothing_of_ours(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "admin-token").write_text("secret")
    with socket.create_server(("127.0.0.1", 0)) as server:
        program = HOSTILE.replace("HOME", repr(str(home))).replace("PORT", str(server.getsockname()[1]))
        with running_host(home, bundling=program) as host:
            found = json.loads(refusal(host, files_of(host, model__pkl=b"\x80\x04N.")).detail)

    assert found["token"] in {"FileNotFoundError", "PermissionError"}
    assert found["write"] in {"FileNotFoundError", "PermissionError"}
    assert found["network"] in {"ConnectionRefusedError", "PermissionError", "OSError"}
    assert not [name for name in found["variables"] if "UNSHELF" in name or "TOKEN" in name]


def test_a_bundle_with_content_that_was_not_sent_is_refused(tmp_path: Path) -> None:
    stolen = {"path": "a", "sha256": "a" * 64, "size": 1}
    manifest = {"loader": {"kind": "python"}, "files": [stolen], "python": "3.11"}
    program = f"print({json.dumps(json.dumps({'type': 'bundle', 'manifest': manifest}))})"
    with running_host(tmp_path / "home", bundling=program) as host:
        answer = refusal(host, files_of(host, model__pkl=b"\x80\x04N."))

    assert "was not sent" in answer.detail
