"""Origin of code: commit, branch and uncommitted changes of the git work tree that it lies in, if any."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

_SECONDS = 20
_MAX_DIFF_BYTES = 8 << 20


@dataclass(frozen=True, kw_only=True)
class GitState:
    """The state of a folder in git."""

    commit: str | None
    """None in a work tree without a first commit."""
    branch: str | None
    """None when no branch is checked out."""
    diff: bytes | None
    """The uncommitted changes below the folder as a git diff; None when there are none."""


def git_state(folder: Path) -> GitState | None:
    """Return the state of the work tree around `folder`; None without git or outside of one."""
    if git(folder, "rev-parse", "--is-inside-work-tree") != b"true\n":
        return None
    commit = git(folder, "rev-parse", "--verify", "--quiet", "HEAD")
    branch = git(folder, "symbolic-ref", "--quiet", "--short", "HEAD")
    diff = (
        git(folder, "diff", "--no-color", "--no-ext-diff", "--no-textconv", "--binary", "HEAD", "--", ".")
        if commit
        else None
    )
    if diff and len(diff) > _MAX_DIFF_BYTES:
        diff = diff[:_MAX_DIFF_BYTES] + b"\n[cut: the uncommitted changes are larger than 8 MiB]\n"
    return GitState(commit=_line(commit), branch=_line(branch), diff=diff or None)


def unignored_files(folder: Path) -> list[str] | None:
    """Return the paths below `folder` that git tracks or would track, relative to it; None without git or outside of a work tree."""
    if git(folder, "rev-parse", "--is-inside-work-tree") != b"true\n":
        return None
    listed = git(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    return None if listed is None else [name for name in listed.decode("utf-8", "surrogateescape").split("\0") if name]


def git(folder: Path, *arguments: str) -> bytes | None:
    """Return the output of a git command; None when it failed, took too long or git is not installed."""
    try:
        done = subprocess.run(
            # Reading must never take a lock that a commit of the user's own is waiting for.
            ["git", "--no-optional-locks", "-C", str(folder), *arguments],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _line(output: bytes | None) -> str | None:
    return output.decode("utf-8", "replace").strip() if output else None
