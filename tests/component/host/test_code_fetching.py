"""Code fetched from git repositories by a running host: what is taken of them, what is refused, and what a hostile one can't do."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.component.host.running import RunningHost, running_host
from tests.support.git_server import GitServer, commit, git, git_server, make_repository
from unshelf.contracts.protocols.host import Failed
from unshelf.contracts.protocols.jobs import CodeFetched, CodeRefs, FetchCode, GitPlace, ListRefs

FILES = {"train.py": "print('trained')\n", "lib/model.py": "x = 1\n", "requirements.txt": "numpy==2.0\n"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitServer]:
    with git_server(tmp_path_factory.mktemp("repositories")) as running:
        yield running


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory, server: GitServer) -> Iterator[RunningHost]:
    with running_host(
        tmp_path_factory.mktemp("fetching") / "home", egress_allow=[server.place], build_disk_bytes=8 << 20
    ) as running:
        yield running


def fetch(host: RunningHost, url: str, credential: str = "", **fields: Any) -> CodeFetched:
    answer = ask(host, url, credential, **fields)
    assert isinstance(answer, CodeFetched), answer
    return answer


def refusal(host: RunningHost, url: str, credential: str = "", **fields: Any) -> Failed:
    answer = ask(host, url, credential, **fields)
    assert isinstance(answer, Failed), answer
    assert answer.step == "fetch"
    return answer


def ask(host: RunningHost, url: str, credential: str = "", **fields: Any) -> Any:
    place = GitPlace(url=url, credential=credential)
    return host.sender().ask(FetchCode(id=1, place=place, actor="ana", **fields))


def content(host: RunningHost, found: CodeFetched, path: str) -> str:
    digest = next(file.sha256 for file in found.files if file.path == path)
    return (host.home / "blobs" / digest[:2] / digest).read_text()


def paths(found: CodeFetched) -> list[str]:
    return [file.path for file in found.files]


def test_branches_tags_and_commits_are_found_and_their_files_taken(host: RunningHost, server: GitServer) -> None:
    folder = server.folder / "training"
    first = make_repository(folder, FILES)
    git(folder, "tag", "v1")
    git(folder, "checkout", "--quiet", "-b", "feature/faster")
    second = commit(folder, {"train.py": "print('faster')\n", "extra/run.py": "print(2)\n"})
    git(folder, "checkout", "--quiet", "main")
    url = server.url("training")

    usual = fetch(host, url)
    assert (usual.commit, paths(usual)) == (first, ["lib/model.py", "requirements.txt", "train.py"])
    assert usual.packages is not None
    assert usual.packages.requirements == ["numpy==2.0"]
    assert content(host, usual, "train.py") == FILES["train.py"]
    faster = fetch(host, url, ref="feature/faster")
    assert (faster.commit, content(host, faster, "train.py")) == (second, "print('faster')\n")
    assert fetch(host, url, ref="v1").commit == first
    assert fetch(host, url, ref=second).commit == second
    assert fetch(host, url, ref=second[:9]).commit == second
    below = fetch(host, url, ref="feature/faster", folder="extra")
    assert (paths(below), below.packages) == (["run.py"], None)

    refs = host.sender().ask(ListRefs(id=1, place=GitPlace(url=url), actor="ana"))
    assert isinstance(refs, CodeRefs), refs
    assert (refs.default, refs.branches, refs.tags) == ("main", ["feature/faster", "main"], ["v1"])
    assert "no branch, tag or commit 'nope'" in refusal(host, url, ref="nope").detail
    assert "no files below 'nowhere'" in refusal(host, url, folder="nowhere").detail
    assert "not found" in refusal(host, server.url("absent")).detail


@pytest.mark.long
def test_a_repository_that_asks_for_a_password_is_entered_with_it_alone(tmp_path: Path, host: RunningHost) -> None:
    made = make_repository(tmp_path / "closed", FILES)
    with (
        git_server(tmp_path, password="t0ken-of-ana") as closed,
        running_host(tmp_path / "home", egress_allow=[closed.place]) as entered,
    ):
        url = closed.url("closed")
        assert fetch(entered, url, "t0ken-of-ana").commit == made
        assert fetch(entered, url, "ana:t0ken-of-ana").commit == made
        for credential in ("", "wr0ng-token"):
            refused = refusal(entered, url, credential)
            assert "secret of the project" in refused.hint
            assert "wr0ng" not in refused.detail + refused.hint + refused.log
        assert "t0ken" not in (entered.home / "host.log").read_text()


def test_a_server_of_plain_files_is_enough(tmp_path: Path) -> None:
    made = make_repository(tmp_path / "plain", FILES)
    git(tmp_path / "plain", "update-server-info")
    with (
        git_server(tmp_path, is_dumb=True) as dumb,
        running_host(tmp_path / "home", egress_allow=[dumb.place]) as host,
    ):
        assert fetch(host, dumb.url("plain")).commit == made


def test_nothing_of_a_hostile_repository_is_run_or_followed(
    host: RunningHost, server: GitServer, tmp_path: Path
) -> None:
    folder = server.folder / "hostile"
    make_repository(folder, {"train.py": "1", ".gitattributes": "* filter=evil\n", "unshelf.toml": "[environment]\n"})
    (folder / "passwd").symlink_to("/etc/passwd")
    (folder / "up").symlink_to("../../../home")
    hook = folder / "hooks" / "post-checkout"
    hook.parent.mkdir()
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    commit(folder, {".gitmodules": '[submodule "x"]\n\tpath = x\n\turl = ext::sh -c touch% ran\n'})
    blob = git(folder, "rev-parse", "HEAD")
    git(folder, "update-index", "--add", "--cacheinfo", f"160000,{blob},x")
    git(folder, "commit", "--quiet", "--message", "a submodule")

    found = fetch(host, server.url("hostile"))
    assert paths(found) == [".gitattributes", ".gitmodules", "hooks/post-checkout", "train.py", "unshelf.toml"]
    notes = " ".join(found.notes)
    assert "Links are left out: passwd, up." in notes
    assert "Submodules are left out: x." in notes
    assert not list(tmp_path.iterdir())


def test_a_repository_that_is_too_large_is_given_up_and_leaves_nothing(host: RunningHost, server: GitServer) -> None:
    folder = server.folder / "huge"
    folder.mkdir()
    (folder / "train.py").write_text("1")
    (folder / "weights.bin").write_bytes(os.urandom(12 << 20))
    git(folder, "init", "--quiet")
    commit(folder, {})
    assert "it wrote more than" in refusal(host, server.url("huge")).detail
    assert not [path for path in host.run.iterdir() if path.is_dir() and (path / "work").exists()]


@pytest.mark.skipif(os.getuid() != 0, reason="a network of its own takes root")
def test_nothing_but_the_repositorys_place_is_reached(host: RunningHost, tmp_path: Path) -> None:
    make_repository(tmp_path / "elsewhere", FILES)
    with git_server(tmp_path) as other:
        refused = refusal(host, other.url("elsewhere"))
        assert other.place in refused.detail
        assert f"UNSHELF_EGRESS_ALLOW: {other.place}" in refused.hint
        assert other.asked == []
