"""Fetch the files of one commit of a git repository: the program of a process in a sandbox of the host, which reaches that one place.

Nothing of the repository is run: no hook, no filter, no submodule, no link. Its files are read out of git's own store, regular ones
alone, and the packages that they ask for are read as text."""

import base64
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import msgspec

from unshelf.client.errors import UnshelfError
from unshelf.client.jobs.folder import read_settings
from unshelf.contracts.bundle import MAX_FILES, is_bundle_path
from unshelf.contracts.protocols.jobs import GitAnswer, GitFiles, GitPlace, GitQuestion, GitRefs, GitRefused

_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_WHOLE_COMMIT = (40, 64)
_MOST_REFS = 1000
_MOST_SAID = 600
_MOST_NAMED = 3
_REGULAR, _LINK, _SUBMODULE = ("100644", "100755"), "120000", "160000"
_POINTER = b"version https://git-lfs.github.com/spec/"
_SETTINGS = {
    "core.hooksPath": os.devnull, "core.fsmonitor": "false", "core.symlinks": "false", "credential.helper": "",
    "fetch.recurseSubmodules": "false", "submodule.recurse": "false", "protocol.version": "2", "gc.auto": "0",
    "maintenance.auto": "false", "fetch.unpackLimit": "1", "http.lowSpeedLimit": "1",
    "http.lowSpeedTime": "30", "advice.detachedHead": "false", "pack.threads": "1", "core.bigFileThreshold": "16m",
}  # fmt: skip
"""Settings of every command: nothing of the machine's or the repository's own is read."""


_PASSED_ON = (
    "PATH", "HOME", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY",
    "HTTPS_PROXY", "NO_PROXY",
)  # fmt: skip


class _Refused(Exception):
    def __init__(self, detail: str, hint: str = "") -> None:
        super().__init__(detail)
        self.answer = GitRefused(detail=detail, hint=hint)


@dataclass(frozen=True, kw_only=True)
class _Entry:
    """A file of a commit."""

    mode: str
    blob: str
    size: int
    path: str


def main() -> None:
    """Answer the question on standard input."""
    question = msgspec.json.decode(sys.stdin.buffer.read(), type=GitQuestion)
    sys.stdout.buffer.write(msgspec.json.encode(answer(question)))


def answer(question: GitQuestion) -> GitAnswer:
    """Fetch, or list branches and tags; or say why that can't be done."""
    git = _Git(question.place, Path.home() / "repository")
    try:
        if question.act == "refs":
            return _refs(git)
        return _files(git, question.ref, question.folder, Path(question.target))
    except _Refused as refused:
        return refused.answer
    except UnshelfError as error:
        return GitRefused(detail=error.detail, hint=error.hint)


class _Git:
    """Runs git with nothing but our settings."""

    def __init__(self, place: GitPlace, folder: Path) -> None:
        self.url = place.url
        self._folder = folder
        settings = dict(_SETTINGS)
        if place.credential:
            user, colon, password = place.credential.partition(":")
            pair = f"{user}:{password}" if colon else f"x-access-token:{user}"  # the servers take any name with a token
            parts = urlsplit(place.url)
            basic = base64.b64encode(pair.encode()).decode()
            settings[f"http.{parts.scheme}://{parts.netloc}/.extraHeader"] = f"Authorization: Basic {basic}"
        self._environment = {
            name: os.environ[name] for name in _PASSED_ON if name in os.environ
        } | {
            "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "true", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_ALLOW_PROTOCOL": "http:https", "GIT_PROTOCOL_FROM_USER": "0", "GIT_LFS_SKIP_SMUDGE": "1", "LC_ALL": "C",
            "GIT_CONFIG_COUNT": str(len(settings)),
        }  # fmt: skip
        for number, (name, value) in enumerate(settings.items()):
            self._environment |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
        if "SSL_CERT_FILE" in os.environ:
            self._environment["GIT_SSL_CAINFO"] = os.environ["SSL_CERT_FILE"]

    def begin(self) -> None:
        """Make the empty repository that is fetched into."""
        self._folder.mkdir()
        self.said("init", "--quiet", "--bare", "--template=")

    def said(self, *arguments: str) -> str:
        """Run a command, and return what it prints. Raises _Refused with its own words."""
        done = self._run(*arguments)
        if done.returncode:
            raise _Refused(*self._explained(done.stderr))
        return done.stdout.decode(errors="replace")

    def tries(self, *arguments: str) -> bool:
        """Whether a command succeeds."""
        return self._run(*arguments).returncode == 0

    def started(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """Start a command that is spoken to."""
        return subprocess.Popen(
            ["git", *arguments], cwd=self._folder, env=self._environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def _run(self, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
        folder = self._folder if self._folder.exists() else self._folder.parent
        try:
            return subprocess.run(
                ["git", *arguments],
                cwd=folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
            )
        except FileNotFoundError:
            raise _Refused(
                "This server has no git.", "Its operator installs git, such as by `apt install git`."
            ) from None

    def _explained(self, errors: bytes) -> tuple[str, str]:
        """Return what git said, and what to do about it."""
        text = errors.decode(errors="replace")
        lines = [line.removeprefix("fatal: ").removeprefix("error: ") for line in text.splitlines() if line.strip()]
        detail = f"git says: {' '.join(lines)[-_MOST_SAID:] or 'nothing'}"
        if "Authentication failed" in text or "could not read Username" in text or "error: 403" in text:
            return detail, "Name a secret of the project that has a token, or USER:PASSWORD, for this repository."
        if "not found" in text:
            return detail, "Check the address; a repository that is not public needs a secret of the project."
        if "Could not resolve host" in text or "Failed to connect" in text or "onnection refused" in text:
            return detail, "Check the address. The host must be one that the operator lets projects reach."
        return detail, ""


def _refs(git: _Git) -> GitRefs:
    default, branches, tags = "", [], []
    for line in git.said("ls-remote", "--symref", "--", git.url).splitlines():
        what, _, name = line.partition("\t")
        if what.startswith("ref: refs/heads/") and name == "HEAD":
            default = what.removeprefix("ref: refs/heads/")
        elif name.startswith("refs/heads/"):
            branches.append(name.removeprefix("refs/heads/"))
        elif name.startswith("refs/tags/") and not name.endswith("^{}"):
            tags.append(name.removeprefix("refs/tags/"))
    return GitRefs(default=default, branches=branches[:_MOST_REFS], tags=tags[-_MOST_REFS:])


def _files(git: _Git, ref: str, folder: str, target: Path) -> GitFiles:
    git.begin()
    commit = _fetch(git, ref)
    notes: list[str] = []
    _write_out(git, list(_chosen(_entries(git, commit), folder.strip("/"), notes)), target, notes)
    settings = read_settings(target)
    return GitFiles(commit=commit, packages=settings.packages, notes=[*notes, *settings.notes])


def _fetch(git: _Git, ref: str) -> str:
    """Fetch what the name means, and return its commit: a branch, a tag, else a commit."""
    wanted = _remote_name(git, ref)
    if wanted is not None:
        _fetch_one(git, wanted)
        return git.said("rev-parse", "--verify", "FETCH_HEAD^{commit}").strip()
    if _COMMIT.fullmatch(ref) is None:
        raise _Refused(
            f"The repository has no branch, tag or commit {ref!r}.", "`unshelf run --git URL` takes the default branch."
        )
    if len(ref) in _WHOLE_COMMIT and git.tries("fetch", "--quiet", "--depth=1", "--no-tags", "--", git.url, ref):
        return git.said("rev-parse", "--verify", f"{ref}^{{commit}}").strip()
    git.said("fetch", "--quiet", "--no-tags", "--", git.url, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
    found = git.said("rev-parse", f"--disambiguate={ref}").split()
    commits = [each for each in found if git.said("cat-file", "-t", each).strip() == "commit"]
    if len(commits) != 1:
        how = "no commit" if not commits else "several commits"
        raise _Refused(f"{ref} names {how} of the repository's branches and tags.", "Give all of its 40 characters.")
    return commits[0]


def _remote_name(git: _Git, ref: str) -> str | None:
    """Return the full name of a branch or tag; None: there is none of this name."""
    names = ["HEAD"] if not ref else [ref] if ref.startswith("refs/") else [f"refs/heads/{ref}", f"refs/tags/{ref}"]
    lines = git.said("ls-remote", "--", git.url, *names).splitlines()
    found = [name for name in names if any(line.endswith(f"\t{name}") for line in lines)]
    if len(found) > 1:
        raise _Refused(
            f"The repository has both a branch and a tag {ref!r}.",
            f"Write {found[0]} or {found[1]}, whichever you mean.",
        )
    if not found and not ref:
        raise _Refused("The repository is empty, or has no default branch.", "Name a branch: --git URL@BRANCH.")
    return found[0] if found else None


def _fetch_one(git: _Git, name: str) -> None:
    """Fetch one commit; a server of plain files, which knows no shallow clones, gives its history too."""
    if not git.tries("fetch", "--quiet", "--depth=1", "--no-tags", "--", git.url, name):
        git.said("fetch", "--quiet", "--no-tags", "--", git.url, name)


def _entries(git: _Git, commit: str) -> Iterator[_Entry]:
    for line in git.said("ls-tree", "-r", "-l", "-z", "--full-tree", commit).split("\0"):
        facts, tab, path = line.partition("\t")
        if tab:
            mode, _, blob, size = facts.split()
            yield _Entry(mode=mode, blob=blob, size=int(size) if size.isdecimal() else 0, path=path)


def _chosen(entries: Iterator[_Entry], folder: str, notes: list[str]) -> Iterator[_Entry]:
    """Yield the regular files below the folder, by their paths there."""
    left_out: dict[str, list[str]] = {}
    count = 0
    for entry in entries:
        if folder and not entry.path.startswith(f"{folder}/"):
            continue
        path = entry.path[len(folder) + 1 :] if folder else entry.path
        if entry.mode == _LINK:
            left_out.setdefault("Links", []).append(path)
        elif entry.mode == _SUBMODULE:
            left_out.setdefault("Submodules", []).append(path)
        elif entry.mode not in _REGULAR or not is_bundle_path(path) or ".git" in path.lower().split("/"):
            left_out.setdefault("Files with names that can't be kept", []).append(path)
        else:
            count += 1
            if count > MAX_FILES:
                raise _Refused(
                    f"There are more than {MAX_FILES} files.", "Name the folder that is needed: --git-folder."
                )
            yield _Entry(mode=entry.mode, blob=entry.blob, size=entry.size, path=path)
    if not count:
        where = f"below {folder!r} " if folder else ""
        raise _Refused(f"The commit has no files {where}that can be taken.", "Check the folder and the branch.")
    for what, paths in left_out.items():
        more = f" and {len(paths) - _MOST_NAMED} more" if len(paths) > _MOST_NAMED else ""
        notes.append(f"{what} are left out: {', '.join(ascii(path)[1:-1] for path in paths[:_MOST_NAMED])}{more}.")


def _write_out(git: _Git, entries: list[_Entry], target: Path, notes: list[str]) -> None:
    """Write the files' contents below the target. One git process answers for all of them."""
    pointers = []
    with git.started("cat-file", "--batch") as process:
        assert process.stdin is not None and process.stdout is not None  # noqa: S101 - pipes
        for entry in entries:
            process.stdin.write(f"{entry.blob}\n".encode())
            process.stdin.flush()
            size = int(process.stdout.readline().split()[-1])
            place = target / entry.path
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("xb") as file:
                begin = _copy(process.stdout, file, size)
            process.stdout.read(1)
            if begin.startswith(_POINTER):
                pointers.append(entry.path)
        process.stdin.close()
    if pointers:
        notes.append(
            f"Files that lie in Git LFS are pointers here, not their content: {', '.join(pointers[:_MOST_NAMED])}."
        )


def _copy(source: IO[bytes], file: IO[bytes], size: int) -> bytes:
    """Copy `size` bytes, and return the first ones."""
    begin, left = b"", size
    while left:
        chunk = source.read(min(left, 1 << 20))
        if not chunk:
            raise _Refused("git ended before all files were read.")
        begin = begin or chunk[:200]
        file.write(chunk)
        left -= len(chunk)
    return begin


if __name__ == "__main__":
    main()
