"""A place for a program: the command line and the variables with which it is started."""

import json
import os
from pathlib import Path

import pytest

from unshelf.host.sandbox.enter import ENVIRONMENT
from unshelf.host.sandbox.sandbox import NO_SANDBOX, LandlockSandbox, NamespaceSandbox, UserNamespaceSandbox, warning_of
from unshelf.host.sandbox.syscall_filter import syscall_filter
from unshelf.host.sandbox.users import Users
from unshelf.host.sandbox.walls import Walls


def test_warning_of_a_program_is_started_as_it_is() -> None:
    place = NO_SANDBOX.confine(Walls(scratch=Path("/run/scratch-1")))
    assert place.command(["/bin/true", "x"], report=3, kept=[4]) == ["/bin/true", "x"]
    assert place.environment({"A": "1"}) == {"A": "1"}
    assert (place.scratch, place.seen(Path("/b")), place.walled) == (Path("/run/scratch-1"), Path("/b"), False)
    assert "can read its files (no sandbox was asked for)." in warning_of(NO_SANDBOX)


def test_walls_of_users_are_the_same_but_for_the_user(tmp_path: Path) -> None:
    sandbox = UserNamespaceSandbox("it is not root", Path("/nowhere/home"))
    place = sandbox.confine(Walls(scratch=tmp_path, temporary_bytes=1 << 20))
    told = json.loads(str(place.command(["/bin/true"])[4]))
    assert (told["kind"], told["user"], place.walled) == ("user namespaces", os.getuid(), True)
    assert warning_of(sandbox) == ""
    place.release()


def test_under_landlock_a_program_has_rules_for_files_and_no_sockets_with_a_path(tmp_path: Path) -> None:
    sandbox = LandlockSandbox("no namespaces are allowed")
    walls = Walls(scratch=tmp_path, readable=[Path("/env")], bundle=Path("/b"), groups=["/cg/tasks"], network="none")
    place = sandbox.confine(walls)
    told = json.loads(str(place.command(["/env/bin/python", "x"], report=3)[4]))
    assert {"/env", "/b", "/usr", "/proc/self"} <= set(told["read"])
    assert {str(tmp_path), "/cg/tasks", "/dev/null"} <= set(told["write"])
    assert told["filter"] == syscall_filter(families=(), keeps_modes=True).hex()
    assert (place.walled, place.scratch, place.seen(Path("/b"))) == (False, tmp_path, Path("/b"))
    assert "rules keep them from its files (no namespaces are allowed)." in warning_of(sandbox)
    building = sandbox.confine(Walls(scratch=tmp_path, writable=[Path("/made")], cache=Path("/cache")))
    told = json.loads(str(building.command(["/uv"])[4]))
    assert {"/made", "/cache"} <= set(told["write"])
    assert told["filter"] == syscall_filter(families=(2, 10, 16)).hex(), "a build makes programs executable"


@pytest.fixture
def owners(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    found: dict[str, int] = {}
    monkeypatch.setattr(os, "chown", lambda path, user, group: found.update({str(path): user}))
    return found


def test_a_program_with_walls_has_a_user_and_gets_its_variables_behind_them(
    tmp_path: Path, owners: dict[str, int]
) -> None:
    sandbox = NamespaceSandbox(Users(range(70, 72)), Path("/nowhere/home"))
    walls = Walls(
        scratch=tmp_path, readable=[Path("/env")], writable=[Path("/made")], bundle=Path("/b"), folder=Path("/b/src"), devices=["gone"],
        temporary_bytes=1 << 20, processes=9, network="none", sockets={"/run/s": Path("/h/s")},
        hosts={"db.example.org": "127.77.0.1"}, addresses=["10.0.0.5"], listeners=[("127.77.0.1", 5432)],
    )  # fmt: skip
    place, other = sandbox.confine(walls), sandbox.confine(Walls(scratch=tmp_path / "other"))

    command = place.command(["/env/bin/python", Path("main.py")], report=7, channel=8, kept=[9])
    told = json.loads(str(command[4]))
    assert told.pop("kind") == "namespaces"
    bounds = {
        name: told.pop(name) for name in ("temporary_bytes", "processes", "network", "sockets", "filter", "group")
    }

    assert bounds.pop("filter") == syscall_filter().hex()
    assert bounds.pop("group") == 70
    assert bounds == {"temporary_bytes": 1 << 20, "processes": 9, "network": "none", "sockets": {"/run/s": "/h/s"}}
    assert command[1:3] == ["-I", "-S"]
    assert command[5:] == ["/env/bin/python", "main.py"]
    assert told == {
        "user": 70, "more_groups": [], "scratch": str(tmp_path), "bundle": "/b", "folder": "/b/src", "cache": "",
        "readable": ["/env"], "lent": [],
        "writable": ["/made"],
        "hidden": ["/nowhere/home"], "devices": [], "groups": [], "stays": False, "grace": 0.0, "report": 7, "channel": 8, "kept": [9],
        "hosts": {"db.example.org": "127.77.0.1"}, "addresses": ["10.0.0.5"], "listeners": [["127.77.0.1", 5432]],
    }  # fmt: skip
    assert json.loads(place.environment({"LD_PRELOAD": "x"})[ENVIRONMENT]) == {"LD_PRELOAD": "x"}
    assert set(place.environment({"LD_PRELOAD": "x"})) == {ENVIRONMENT}, "nothing of it reaches what builds the walls"
    assert owners == {str(tmp_path): 70, "/made": 70, str(tmp_path / "other"): 71}
    assert place.seen(Path("/b")) == Path("/run/unshelf/bundle")
    other.release()
    assert sandbox.confine(Walls(scratch=tmp_path)).user == 71


def test_a_home_folder_is_hidden_from_the_first_folder_on_that_only_its_owner_enters(
    tmp_path: Path, owners: dict[str, int]
) -> None:
    """Given a home folder below a closed one within the system, then the sandbox's user can enter what stands in for that."""
    closed = next((folder for folder in reversed(tmp_path.parents) if not folder.stat().st_mode & 0o001), tmp_path)
    tmp_path.chmod(0o700)
    place = NamespaceSandbox(Users(range(70, 71)), tmp_path / "home").confine(Walls(scratch=tmp_path))
    assert json.loads(str(place.command(["/bin/true"])[4]))["hidden"] == [str(closed)]
