"""The weaker kinds of walls, for servers without rights: what gets through each is pinned here, and told by `unshelf doctor`."""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.integration import test_egress, unprivileged
from tests.support.hostile import (
    REFUSED,
    REFUSED_TO_A_BUILD,
    TIERS,
    outcomes_in_build,
    outcomes_in_check,
    play,
    replica,
    write_hostile,
)
from tests.support.models import write_model
from tests.support.platform import UNSHELF, Platform, running_platform
from unshelf.host.sandbox import gaps

pytestmark = [pytest.mark.skipif(os.getuid() != 0, reason="becoming another user takes root"), pytest.mark.long]


Start = Callable[..., AbstractContextManager[Platform]]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the other user may enter."""
    made = Path(tempfile.mkdtemp(prefix="weaker-"))
    os.chown(made, unprivileged.USER, unprivileged.GROUP)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def start(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    monkeypatch.setenv("UV_CACHE_DIR", str(folder / "cache"))
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("UV_FIND_LINKS", str(folder / "links"))
    (folder / "links").mkdir()
    yield lambda kind, **settings: running_platform(
        folder / "home",
        program=[sys.executable, unprivileged.__file__, kind, *UNSHELF],
        gateways="1",
        tiers=TIERS,
        **settings,
    )


def through(platform: Platform, model: str) -> list[str]:
    """The tricks that succeed."""
    outcomes = {trick: play(platform, model, trick) for trick in REFUSED}
    return [trick for trick, outcome in outcomes.items() if (outcome[0], str(outcome[1])[:8]) != (200, "refused:")]


def through_of_check_and_build(platform: Platform, folder: Path) -> tuple[set[str], set[str]]:
    """The tricks that succeed in a check, and those that do when a package is built; each was tried to its end."""
    check = outcomes_in_check(folder / "check", platform, REFUSED)
    build = outcomes_in_build(folder / "build", platform, folder / "links", REFUSED_TO_A_BUILD)
    assert check.refused + len(check.others) == len(REFUSED), check.said
    assert build.refused + len(build.others) == len(REFUSED_TO_A_BUILD), build.said
    return set(check.others), set(build.others)


def sandbox_check(platform: Platform) -> tuple[str, str]:
    checks = platform.http.get("/api/v1/machine").json()["machine"]["checks"]
    return next((check["state"], check["detail"]) for check in checks if check["name"] == "sandbox")


def test_with_namespaces_of_users_only_memory_of_many_processes_gets_through(start: Start, folder: Path) -> None:
    with start("namespaces", sandbox="require") as platform:
        platform.cli("deploy", str(write_hostile(folder / "forked", platform, name="forked")))
        platform.cli("deploy", str(write_hostile(folder / "spawned", platform, name="spawned", threads=True)))
        for model, started_by in (("forked", "fork"), ("spawned", "spawn")):
            assert through(platform, model) == []
            facts = replica(platform, model)
            assert (facts["started_by"], facts["sandboxed"]) == (started_by, True), facts["spawned_because"]
            assert facts["walls"] == [
                "no privileges", "files of its own", "processes of its own", "shared memory of its own", "system calls filtered",
                "no network", "/tmp 256 MiB",
            ]  # fmt: skip
            assert str(play(platform, model, "fill_the_temporary_folder")[1]).startswith("ENOSPC")
            assert str(play(platform, model, "fill_shared_memory")[1]).startswith("ENOSPC")
        assert through_of_check_and_build(platform, folder) == (set(), set())
        machine = platform.http.get("/api/v1/machine").json()["machine"]
        assert (machine["sandbox"], machine["gaps"]) == ("user namespaces", [gaps.MEMORY])
        assert gaps.MEMORY in sandbox_check(platform)[1], "as `unshelf doctor` prints it"


def test_with_landlock_files_are_kept_and_the_rest_is_told(start: Start, folder: Path) -> None:
    with start("none", sandbox="auto") as platform:
        platform.cli("deploy", str(write_hostile(folder / "model", platform, name="ruled")))
        assert through(platform, "ruled") == []
        assert through_of_check_and_build(platform, folder) == (set(), {"reach the platform's port"})
        facts = replica(platform, "ruled")
        assert (facts["sandboxed"], facts["walls"]) == (False, ["no privileges", "system calls filtered"])
        state, detail = sandbox_check(platform)
        assert state == "warn"
        expected = [gaps.MEMORY, gaps.PROCESSES, gaps.DISK, gaps.NAMES, gaps.NETWORK, gaps.CACHE]
        assert platform.http.get("/api/v1/machine").json()["machine"]["gaps"] == expected
        assert all(gap in detail for gap in expected)
        assert "rules keep them from its files" in platform.log.read_text() + detail


@pytest.mark.parametrize(("kind", "kept"), [("namespaces", True), ("none", False)])
def test_a_network_is_kept_to_what_is_granted_where_there_are_namespaces(
    start: Start, folder: Path, kind: str, *, kept: bool
) -> None:
    granted, other = test_egress.serve("granted"), test_egress.serve("other")
    with start(kind, sandbox="auto", egress_allow="127.0.0.0/8") as platform:
        for name in ("forked", "spawned"):
            extra = f'\n[network]\nallow = ["127.0.0.1:{granted.server_port}"]\n'
            code = (test_egress.THREAD if name == "spawned" else "") + test_egress.CODE
            example = test_egress.EXAMPLE
            platform.cli("deploy", str(write_model(folder / name, name=name, code=code, example=example, extra=extra)))
            answers = [
                test_egress.ask(platform, name, "say", f"127.0.0.1:{server.server_port}") for server in (granted, other)
            ]
            assert answers[0] == "granted"
            assert (answers[1] == "other") is not kept, answers[1]
            shown = " ".join(platform.cli("show", name).stdout.split())
            assert ("this machine can't keep its code to that" in shown) is not kept
    for server in (granted, other):
        server.shutdown()
        server.server_close()
