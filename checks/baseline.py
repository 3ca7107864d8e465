"""The baseline: places that broke a rule when the rule was made. It may only shrink."""

from pathlib import Path

from checks.source import Finding


def read_baseline(folder: Path) -> dict[str, Path]:
    """Read the allowed findings, each with the file it stands in: one file a room, so that rooms shrink independently."""
    return {
        line: path for path in sorted(folder.glob("*.txt")) for line in path.read_text("utf-8").splitlines() if line
    }


def write_baseline(folder: Path, keys: set[str]) -> None:
    """Write the allowed findings anew; files that would be empty are removed."""
    rooms: dict[str, list[str]] = {}
    for key in sorted(keys):
        rooms.setdefault(room_of(key), []).append(key)
    for path in folder.glob("*.txt"):
        if path.stem not in rooms:
            path.unlink()
    folder.mkdir(exist_ok=True)
    for room, lines in rooms.items():
        (folder / f"{room}.txt").write_text("\n".join(lines) + "\n", "utf-8")


def room_of(key: str) -> str:
    """Return the room that a finding belongs to; what concerns several rooms is the house's."""
    subject = key.partition(" ")[2]
    return subject.partition("/")[0] if "/" in subject else "house"


def compare(findings: list[Finding], allowed: dict[str, Path]) -> tuple[list[Finding], list[str]]:
    """Return the findings that no entry allows, and the entries that no finding needs any more."""
    keys = {finding.key for finding in findings}
    return [finding for finding in findings if finding.key not in allowed], sorted(set(allowed) - keys)
