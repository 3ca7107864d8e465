"""Environments on the command line."""

import io
import tarfile
from pathlib import Path
from typing import Any

from tests.support.control import Control
from tests.unit.cli.conftest import Run

HASH = "ab" * 32
ORIGIN = {"requirements": [], "base": "base:1", "version": "", "lock": False, "file": ""}
VERSION = {
    "number": 2, "reference": "credit:2", "environment": HASH, "python": "3.11.7", "packages": 2, "bytes": 4096, "origin": ORIGIN,
    "notes": "", "deprecation": None, "in_use": True, "created_at": "2026-01-31T12:00:00Z", "created_by": "ana",
}  # fmt: skip
NAMED = {
    "name": "credit", "project": "risk", "notes": "For scores.", "is_default": False, "restricted": False, "deprecation": None,
    "in_use": True, "latest": VERSION, "versions": [VERSION], "created_at": "2026-01-31T12:00:00Z", "created_by": "ana",
}  # fmt: skip
API = "/api/v1/environments"


def builds(control: Control, *events: dict[str, Any]) -> None:
    """Take builds, and tell these events of each."""
    control.reply("POST", f"{API}/builds", {"id": "b1"}, 202)
    control.reply("GET", f"{API}/builds/b1/events", list(events))


def test_environments_by_hash_and_their_locks(control: Control, run: Run) -> None:
    environment = {
        "hash": HASH,
        "python": "3.11.7",
        "packages": 2,
        "created_at": "2026-01-31T12:00:00Z",
        "versions": ["iris:1"],
    }
    control.reply("GET", API, {"environments": [environment]})
    control.reply("GET", f"{API}/abababab/lock", 'lock-version = "1.0"\n')
    assert "iris:1" in run("environments", "list", "--all").out
    control.reply("GET", f"{API}/names", {"environments": [], "next_cursor": None})
    assert "iris:1" in run("environments").out, "as long as none has a name"
    assert run("environments", "--lock", "abababab").out == 'lock-version = "1.0"\n'


def test_named_ones_are_listed_curated_ones_first(control: Control, run: Run) -> None:
    curated = {**NAMED, "name": "science", "project": None, "is_default": True}
    control.reply("GET", f"{API}/names", {"environments": [NAMED, curated], "next_cursor": None})
    said = run("environments").out
    assert said.index("science") < said.index("credit")
    assert "(curated)" in said
    assert "default, in use" in said


def test_packages_are_added_to_the_latest_version_and_each_step_is_shown(control: Control, run: Run) -> None:
    control.reply("GET", f"{API}/names/credit", NAMED)
    builds(
        control,
        {"step": "build", "state": "done", "detail": "built", "seconds": 2.0},
        {"step": "end", "state": "done", "reference": "credit:3", "environment": HASH},
    )
    said = run("environments", "add", "pandas>=2", "--to", "credit")
    assert said.code == 0
    assert "build the environment" in said.out
    assert "credit:3 is the environment abababababab." in said.out
    (asked,) = control.calls("POST", f"{API}/builds")
    assert (asked.json["name"], asked.json["requirements"], asked.json["base"]) == ("credit", ["pandas>=2"], "credit:2")


def test_a_new_one_begins_with_the_default(control: Control, run: Run) -> None:
    control.problem("GET", f"{API}/names/risk", 404, "not_found", "There is none.")
    curated = {**NAMED, "name": "science", "project": None, "is_default": True}
    control.reply("GET", f"{API}/names", {"environments": [curated], "next_cursor": None})
    builds(control, {"step": "end", "state": "done", "reference": "risk:1", "environment": HASH})
    assert run("environments", "add", "pandas", "--project", "risk").code == 0
    (asked,) = control.calls("POST", f"{API}/builds")
    assert (asked.json["name"], asked.json["base"], asked.json["project"]) == ("risk", "credit:2", "risk")


def test_a_failed_build_says_which_package_and_why(control: Control, run: Run) -> None:
    error = {
        "code": "lock_failed",
        "step": "lock",
        "detail": "There is no package named 'numqy'.",
        "hint": "Check it.",
        "log": "",
    }
    builds(control, {"step": "end", "state": "failed", "error": error})
    said = run("environments", "create", "new", "numqy")
    assert said.code == 1
    assert "numqy" in said.err
    assert "Check it." in said.err


def test_one_is_made_from_a_file(control: Control, run: Run, tmp_path: Path) -> None:
    (tmp_path / "conda.yaml").write_text(
        "dependencies:\n- python=3.12\n- pytorch=2.1\n- libgcc\n- pip:\n  - six==1.17\n"
    )
    builds(control, {"step": "end", "state": "done", "reference": "new:1", "environment": HASH})
    said = run("environments", "create", "new", "--from", str(tmp_path / "conda.yaml"))
    assert "libgcc" in said.out
    (asked,) = control.calls("POST", f"{API}/builds")
    assert (asked.json["requirements"], asked.json["python"], asked.json["file"]) == (
        ["torch==2.1.*", "six==1.17"], "3.12", "conda.yaml",
    )  # fmt: skip


def test_an_environment_is_shown_with_who_uses_it_and_its_warning(control: Control, run: Run) -> None:
    shown = {
        "hash": HASH, "reference": "credit:2", "python": "3.11.7", "bytes": 4096, "created_at": "2026-01-31T12:00:00Z",
        "packages": [{"name": "numpy", "version": "2.0"}], "names": ["credit:2"],
        "used_by": [{"kind": "version", "name": "iris:1", "page": "/models/iris:1"}], "warning": "It is deprecated.",
    }  # fmt: skip
    control.reply("GET", f"{API}/credit", shown)
    said = run("environments", "show", "credit")
    assert "iris:1" in said.out
    assert "numpy" in said.out
    assert "It is deprecated." in said.err


def test_versions_and_differences_are_listed(control: Control, run: Run) -> None:
    control.reply("GET", f"{API}/names/credit", NAMED)
    said = run("environments", "versions", "credit").out
    assert "For scores." in said
    assert "from base:1" in said
    found = {
        "before": "credit:1", "after": "credit:2", "python_before": "3.11.7", "python_after": "3.11.7", "unchanged": 3,
        "added": [{"name": "scipy", "version": "1.9"}], "removed": [], "changed": [{"name": "numpy", "before": "1", "after": "2"}],
    }  # fmt: skip
    control.reply("GET", f"{API}/credit%3A1/diff/credit%3A2", found)
    control.reply("GET", f"{API}/credit:1/diff/credit:2", found)
    said = run("environments", "diff", "credit:1", "credit:2").out
    assert "scipy" in said
    assert "3 packages are the same." in said


def test_curators_deprecate_restrict_change_and_delete(control: Control, run: Run) -> None:
    control.reply("PATCH", f"{API}/names/credit", NAMED)
    control.reply("PUT", f"{API}/names/credit/access", NAMED)
    control.reply("DELETE", f"{API}/names/credit", None, 204)
    assert "is deprecated in version 2" in run("environments", "deprecate", "credit:2", "--note", "old").out
    assert "is restored" in run("environments", "deprecate", "credit", "--undo").out
    assert "is restricted" in run("environments", "restrict", "credit", "--group", "quants").out
    assert "is changed" in run("environments", "change", "credit", "--default").out
    assert "is deleted" in run("environments", "delete", "credit:2").out
    first, second, third = (asked.json for asked in control.calls("PATCH", f"{API}/names/credit"))
    assert first["deprecation"] == {"version": 2, "note": "old", "successor": "", "withdrawn": False}
    assert second["deprecation"]["withdrawn"]
    assert third == {"notes": None, "is_default": True}
    assert control.calls("PUT", f"{API}/names/credit/access")[0].json == {
        "restricted": True, "groups": ["quants"], "projects": [],
    }  # fmt: skip
    assert control.calls("DELETE", f"{API}/names/credit")[0].path.endswith("?version=2")
    assert run("environments", "delete", "credit:x").code != 0


def test_an_archive_is_unpacked_into_a_folder(control: Control, run: Run, tmp_path: Path) -> None:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        for name in ("pylock.toml", "requirements.txt", "wheels/six-1.17.0-py2.py3-none-any.whl"):
            archive.addfile(tarfile.TarInfo(name))
    control.reply("GET", f"{API}/credit/archive", content.getvalue(), Content_Type="application/x-tar")
    said = run("environments", "export", "credit", "--to", str(tmp_path / "out"))
    assert "1 wheel." in said.out
    assert (tmp_path / "out" / "wheels" / "six-1.17.0-py2.py3-none-any.whl").exists()
