"""Commands run as a person runs them: words in, text and an exit code out, over real HTTP."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper

import pytest

from tests.support.control import Control, running_control
from tests.support.routes import TOKEN
from unshelf.cli.main import main


@dataclass(frozen=True)
class Said:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str


Run = Callable[..., Said]


@pytest.fixture
def control(monkeypatch: pytest.MonkeyPatch) -> Iterator[Control]:
    with running_control() as running:
        monkeypatch.setenv("UNSHELF_URL", running.url)
        monkeypatch.setenv("UNSHELF_TOKEN", TOKEN)
        yield running


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def command(*words: str, stdin: str = "") -> Said:
        monkeypatch.setattr(sys, "argv", ["unshelf", *words])
        monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(stdin.encode())))
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        code = ended.value.code
        return Said(code if isinstance(code, int) else 0, said.out, said.err)

    return command
