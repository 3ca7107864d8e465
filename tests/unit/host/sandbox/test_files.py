"""Files of ours that sandboxed programs read."""

import stat
from pathlib import Path

from unshelf.host.sandbox.files import is_readable, make_places, make_readable


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_folder_kept_for_its_owner_is_opened_for_reading_alone(tmp_path: Path) -> None:
    folder = tmp_path / "environment"
    (folder / "bin").mkdir(parents=True, mode=0o700)
    for name, given in (("bin/python", 0o700), ("module.py", 0o600), ("shared.so", 0o666), ("locked", 0o444)):
        (folder / name).touch()
        (folder / name).chmod(given)
    secret = tmp_path / "token"
    secret.touch(mode=0o600)
    (folder / "link").symlink_to(secret)
    folder.chmod(0o700)
    assert not is_readable(folder)

    make_readable(folder)

    assert is_readable(folder)
    assert [mode(folder / name) for name in ("bin", "bin/python", "module.py", "shared.so", "locked")] == [
        0o755, 0o755, 0o644, 0o644, 0o444,
    ]  # fmt: skip
    assert mode(secret) == 0o600, "what a link leads to is nobody's business"


def test_a_setuid_program_loses_that(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.touch()
    program.chmod(0o4700)
    make_readable(tmp_path)
    assert not program.stat().st_mode & stat.S_ISUID


def test_a_folder_that_is_gone_has_nothing_to_be_read(tmp_path: Path) -> None:
    assert is_readable(tmp_path / "gone")


def test_places_in_a_scratch_folder_lead_to_what_lies_below_it_and_are_not_listed(tmp_path: Path) -> None:
    make_places(tmp_path, [Path("/tmp/home/environments/e"), Path("/root/python"), Path("/tmp"), Path("/var/tmp/p")])
    assert [str(path.relative_to(tmp_path)) for path in sorted(tmp_path.rglob("*"))] == [
        "home", "home/environments", "home/environments/e", "p",
    ]  # fmt: skip
    assert mode(tmp_path / "home" / "environments") == 0o711
