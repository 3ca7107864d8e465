"""Each command asks the server for the right thing, shows it to people and programs, and says what to do when it fails."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.control import Control
from tests.unit.cli.conftest import Run


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["models"], 1), (["nonsense"], 2), (["show"], 2), (["release", "iris", "x"], 2), (["show", "../x"], 1),
        (["up", "--port", "99999"], 2),
        (["--version"], 0), (["--help"], 0),
    ],
)  # fmt: skip
def test_exit_codes(run: Run, monkeypatch: pytest.MonkeyPatch, words: list[str], code: int) -> None:
    monkeypatch.setenv("UNSHELF_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("UNSHELF_TOKEN", "x")
    said = run(*words)
    assert said.code == code
    assert "Traceback" not in said.err


def test_a_fault_of_ours_is_a_sentence_and_no_traceback(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/models", {"models": [{"name": "half"}]})
    said = run("models")
    assert said.code == 1
    assert "KeyError" in said.err
    assert "Traceback" not in said.err


@pytest.mark.runs_program
def test_a_client_command_imports_no_server() -> None:
    """Given a fresh process, when it lists models, then neither the server's libraries nor the frameworks come with it."""
    code = (
        "import sys; sys.argv = ['unshelf', 'models']\n"
        "from unshelf.cli.main import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "heavy = ('fastapi', 'sqlalchemy', 'granian', 'pydantic_settings', 'numpy', 'sklearn', 'unshelf.server')\n"
        "print([m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"UNSHELF_URL": "http://127.0.0.1:9", "UNSHELF_TOKEN": "x"},
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.runs_program
@pytest.mark.parametrize("closed", ["<&- >&-", "<&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_a_program_without_standard_streams_opens_nothing_in_their_place(tmp_path: Path, closed: str) -> None:
    """Given closed standard streams, when a command runs, then 0 to 2 are open and no later file is one of them."""
    code = (
        "import os, sys; sys.argv = ['unshelf', '--version']\n"
        "from unshelf.cli.main import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        f"file = open({str(tmp_path / 'said')!r}, 'w')\n"
        "file.write(f'{file.fileno() > 2} {[os.fstat(n) is not None for n in range(3)]} {None in (sys.stdin, sys.stdout, sys.stderr)}')"
    )
    command = f"exec {sys.executable} -c '{code.replace(chr(39), chr(34))}' {closed}"
    subprocess.run(["bash", "-c", command], check=True)
    assert (tmp_path / "said").read_text() == "True [True, True, True] False"
