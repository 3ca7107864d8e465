"""The root of a sandbox, as a list of what is mounted in it."""

from pathlib import Path
from typing import Any

from unshelf.host.sandbox.root import BUNDLE, SCRATCH, entries, memory_options, place_in
from unshelf.host.sandbox.syscalls import NO_DEVICES, NO_SETUID, READ_ONLY

WALLS: dict[str, Any] = {
    "devices": ["nvidia0"], "hidden": ["/root/.unshelf"], "readable": ["/root/.unshelf/environments/e", "/root"],
    "lent": ["/wheels"], "writable": ["/made"], "scratch": "/run/scratch-1", "bundle": "/b/files", "cache": "",
    "temporary_bytes": 0, "sockets": {}, "hosts": {}, "kind": "namespaces",
}  # fmt: skip


def test_only_the_programs_own_folders_may_be_written_and_no_device_is_in_any() -> None:
    found = {entry.target: entry for entry in entries(WALLS)}
    writable = {target for target, entry in found.items() if not entry.attributes & READ_ONLY}
    assert {target for target in writable if not target.startswith("/dev/")} == {SCRATCH, "/made", "/root/.unshelf"}
    assert found["/root/.unshelf"].source == "", "the home folder is hidden by an empty one"
    assert all(entry.attributes & NO_SETUID for entry in found.values())
    assert all(entry.attributes & NO_DEVICES for target, entry in found.items() if not target.startswith("/dev/"))
    assert found[BUNDLE].source == "/b/files"
    assert found[SCRATCH].source == "/run/scratch-1"
    assert "/dev/nvidia0" in found
    assert "/etc/passwd" not in found


def test_what_lies_in_a_folder_is_mounted_after_it() -> None:
    order = [entry.target for entry in entries(WALLS)]
    assert order.index("/root") < order.index("/root/.unshelf") < order.index("/root/.unshelf/environments/e")


def test_a_program_without_a_bundle_has_none() -> None:
    assert BUNDLE not in {entry.target for entry in entries(WALLS | {"bundle": ""})}


def test_a_temporary_folder_in_memory_is_bounded_and_takes_the_place_of_the_one_on_disk() -> None:
    assert SCRATCH not in {entry.target for entry in entries(WALLS | {"temporary_bytes": 1 << 20})}
    assert memory_options(1 << 20) == {"size": "1048576", "nr_inodes": "100000"}
    assert memory_options(0) == {}


def test_sockets_are_found_where_the_host_says() -> None:
    found = {entry.target: entry for entry in entries(WALLS | {"sockets": {"/run/unshelf/relay": "/h/run/r1"}})}
    assert found["/run/unshelf/relay"].source == "/h/run/r1"
    assert found["/run/unshelf/relay"].attributes & READ_ONLY


def test_a_program_with_names_of_its_own_does_not_see_the_machine_s() -> None:
    assert "/etc/hosts" in {entry.target for entry in entries(WALLS)}
    assert "/etc/hosts" not in {entry.target for entry in entries(WALLS | {"hosts": {"db.example.org": "127.77.0.1"}})}


def test_links_in_the_new_root_lead_to_places_in_it(tmp_path: Path) -> None:
    """Given links as a program finds them after its root has changed, then they mean no place of the machine."""
    root = str(tmp_path)
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "tmp").symlink_to("/tmp")
    (tmp_path / "lib").symlink_to("usr/lib")
    (tmp_path / "up").symlink_to("../../../var/tmp/x")
    (tmp_path / "loop").symlink_to("loop")
    assert place_in(root, "/var/tmp/home/environments") == f"{root}/tmp/home/environments"
    assert place_in(root, "/lib/python3") == f"{root}/usr/lib/python3"
    assert place_in(root, "/up/y") == f"{root}/tmp/x/y", "nothing is above the root"
    assert place_in(root, "/srv/home") == f"{root}/srv/home"
    assert place_in(root, "/loop/home") == f"{root}/loop/home"
