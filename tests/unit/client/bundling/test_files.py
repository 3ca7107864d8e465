"""What goes into a bundle: what git does not ignore, nothing secret, nothing from outside."""

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from unshelf.client.bundling.files import collect
from unshelf.client.errors import InvalidModel

pytestmark = pytest.mark.runs_program


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)


def paths(folder: Path, **how: object) -> list[str]:
    return [content.path for content in collect(folder, **how)[0]]  # type: ignore[arg-type]


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, "-C", str(folder), *arguments], check=True, capture_output=True)


def test_caches_and_environments_stay_behind(tmp_path: Path) -> None:
    write(tmp_path, "predict.py", "__pycache__/x.pyc", ".venv/lib.py", ".git/config", "pkg/a.py", "node_modules/b.js")
    assert paths(tmp_path) == ["pkg/a.py", "predict.py"]


def test_files_are_named_by_their_digest(tmp_path: Path) -> None:
    write(tmp_path, "a.txt")
    [content] = collect(tmp_path)[0]
    assert content.sha256 == hashlib.sha256(b"a.txt").hexdigest()
    assert (content.size, b"".join(content.chunks())) == (5, b"a.txt")


def test_secrets_stay_behind_with_a_warning(tmp_path: Path) -> None:
    write(tmp_path, "predict.py", ".env", "server.pem", "id_rsa", "credentials.json", ".env.example")
    contents, warnings = collect(tmp_path)
    assert [content.path for content in contents] == [".env.example", "predict.py"]
    assert len(warnings) == 4
    assert any("id_rsa looks like a secret" in warning for warning in warnings)


def test_what_git_ignores_stays_behind_unless_it_is_named(tmp_path: Path) -> None:
    """Given a repository that ignores its model file, then the model is left out with a warning, or taken when asked for."""
    git(tmp_path, "init", "-q")
    write(tmp_path, "predict.py", "model.pkl", "notes.txt")
    (tmp_path / ".gitignore").write_text("*.pkl\n")
    contents, warnings = collect(tmp_path)
    assert [content.path for content in contents] == ["notes.txt", "predict.py"]
    assert "model.pkl" in warnings[0]
    assert paths(tmp_path, keep=("model.pkl",)) == ["model.pkl", "notes.txt", "predict.py"]
    assert paths(tmp_path, only=["*.pkl", "*.py"]) == ["model.pkl", "predict.py"]


def test_a_link_that_leaves_the_folder_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "outside.txt", "model/predict.py")
    (tmp_path / "model" / "data.txt").symlink_to(tmp_path / "outside.txt")
    with pytest.raises(InvalidModel, match="leaves the folder"):
        collect(tmp_path / "model")


def test_a_link_inside_the_folder_is_the_file_it_names(tmp_path: Path) -> None:
    write(tmp_path, "model/a.txt")
    (tmp_path / "model" / "b.txt").symlink_to("a.txt")
    assert paths(tmp_path / "model") == ["a.txt", "b.txt"]


def test_a_pipe_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InvalidModel, match="no regular file"):
        collect(tmp_path)
