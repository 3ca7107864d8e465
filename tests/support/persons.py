"""People for stories: each with a machine of their own, who were invited, have set a password and have logged in."""

import json
import subprocess
import sys
from pathlib import Path

from tests.support.accounts import PASSWORD
from tests.support.platform import UNSHELF, Platform


class Person:
    """Somebody with a machine of their own: a folder in which logging in keeps its token."""

    def __init__(self, platform: Platform, folder: Path) -> None:
        self.platform = platform
        inherited = {name: value for name, value in platform.environment().items() if not name.startswith("UNSHELF_")}
        self.environment = inherited | {"UNSHELF_CONFIG": str(folder), "UNSHELF_HOME": str(folder / "nothing")}
        # Where the machine has a keyring, these tests leave it alone.
        self.environment["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"

    def cli(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*UNSHELF, *words],
            input=stdin,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def done(self, *words: str, stdin: str = "") -> str:
        """What a command prints that succeeds."""
        ended = self.cli(*words, stdin=stdin)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def python(self, program: str) -> str:
        """What a program of theirs prints."""
        ended = subprocess.run(
            [sys.executable, "-c", program], env=self.environment, capture_output=True, text=True, timeout=300,
            check=False,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def token(self, *words: str) -> str:
        made = self.cli("tokens", "create", "test", *words, "--json")
        assert made.returncode == 0, made.stderr
        token: str = json.loads(made.stdout)["token"]
        return token


def person(platform: Platform, folder: Path, name: str, *invitation: str) -> Person:
    """Somebody who was invited, has set a password and has logged in."""
    made = json.loads(platform.cli("users", "invite", name, *invitation, "--json").stdout)
    found = Person(platform, folder)
    done = found.cli("login", "--link", made["url"], "--name", name, stdin=f"{PASSWORD}\n")
    assert done.returncode == 0, done.stderr
    return found
