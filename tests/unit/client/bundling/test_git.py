"""Git names the commit, the branch and what is uncommitted."""

from pathlib import Path

import pytest

from tests.unit.client.bundling.test_files import git, write
from unshelf.client.bundling.git import git_state

pytestmark = pytest.mark.runs_program


def test_git_tells_commit_branch_and_what_is_uncommitted(tmp_path: Path) -> None:
    assert git_state(tmp_path) is None
    git(tmp_path, "init", "-q", "-b", "main")
    write(tmp_path, "a.py")
    git(tmp_path, "add", "a.py")
    git(tmp_path, "commit", "-qm", "first")
    clean = git_state(tmp_path)
    assert clean is not None
    assert (clean.branch, clean.diff, len(clean.commit or "")) == ("main", None, 40)
    (tmp_path / "a.py").write_text("changed")
    changed = git_state(tmp_path)
    assert changed is not None
    assert b"+changed" in (changed.diff or b"")
