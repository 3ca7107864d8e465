"""Runs pytest, and the few tests that failed once more by themselves: `python -m tests.support.second_look ARGUMENTS`.

Among ten thousand tests beside one another on a busy machine some race. One that fails again alone fails the run; one that passes is named
at the end, to be mended. When many failed it is no race, and nothing is run again."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

MOST = 8
"""How many tests may have failed to be run once more."""

FAILED = 1
NONE_CHOSEN = 5


def main(arguments: list[str]) -> int:
    """Run pytest with arguments; returns the exit status: 0, too, where all that failed passed alone."""
    with tempfile.TemporaryDirectory() as folder:
        status = _pytest(folder, arguments)
        failed = _failed(Path(folder))
        if status != FAILED or not failed or len(failed) > MOST:
            return 0 if status == NONE_CHOSEN else status
        print(f"\n{len(failed)} of the tests failed; they run once more, alone:", *failed, sep="\n  ", flush=True)
        again = _pytest(
            folder, ["-n", "0", *_without_processes(arguments), "--last-failed", "--last-failed-no-failures", "none"]
        )
        if again == 0:
            print("\nPassed alone; each is a race to be mended:", *failed, sep="\n  ", flush=True)
        return again


def _pytest(folder: str, arguments: list[str]) -> int:
    # A cache of this run's own: what failed on another day is nothing to it.
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-o", f"cache_dir={folder}", *arguments], check=False
    ).returncode


def _failed(folder: Path) -> list[str]:
    kept = folder / "v" / "cache" / "lastfailed"
    return sorted(json.loads(kept.read_text())) if kept.exists() else []


def _without_processes(arguments: list[str]) -> list[str]:
    """Leave out `-n N`, which a later one does not overrule in every plugin's eyes, and how the tests were spread."""
    kept, skip = [], False
    for argument in arguments:
        if skip:
            skip = False
        elif argument in ("-n", "--dist"):
            skip = True
        elif argument != "--no-loadscope-reorder":
            kept.append(argument)
    return kept


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
