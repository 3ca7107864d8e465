"""uv as a subprocess: its settings, its commands, and its complaints in words a deployer can act on."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from uv import find_uv_bin

from unshelf.host.failures import HostFailure
from unshelf.host.subprocesses import Outcome, run_program

_LOG_LINES = 60
_MIRROR_HINT = (
    "Check the server's network. Behind a mirror, start `unshelf up` with UV_DEFAULT_INDEX or PIP_INDEX_URL set to it; "
    "without a network, with UV_OFFLINE=1 and UV_FIND_LINKS set to a folder of wheels."
)
_KEPT_BACK = ("PIP_", "VIRTUAL_ENV", "CONDA_", "PYTHON", "UNSHELF_")
"""What uv must not see: it would change which interpreter is found, or is ours."""


def uv_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment to run uv with: its own settings as they are, pip's translated where uv's are not given."""
    settings = {name: value for name, value in environment.items() if not name.startswith(_KEPT_BACK)}
    if index := environment.get("PIP_INDEX_URL"):
        _default(settings, "UV_DEFAULT_INDEX", index, unless=("UV_INDEX_URL",))
    if extra := environment.get("PIP_EXTRA_INDEX_URL"):
        _default(settings, "UV_INDEX", " ".join(extra.split()), unless=("UV_EXTRA_INDEX_URL",))
    if links := environment.get("PIP_FIND_LINKS"):
        _default(settings, "UV_FIND_LINKS", ",".join(links.split()))
    if certificate := environment.get("PIP_CERT"):
        _default(settings, "SSL_CERT_FILE", certificate)
    settings.setdefault("UV_PYTHON_DOWNLOADS", "never")  # an interpreter is the operator's choice, not a deployer's
    settings["UV_NO_PROGRESS"] = "1"
    return settings


def _default(settings: dict[str, str], name: str, value: str, *, unless: Sequence[str] = ()) -> None:
    if not any(other in settings for other in (name, *unless)):
        settings[name] = value


@dataclass(frozen=True, kw_only=True)
class Complaint:
    """Why uv refused, in one sentence, and what to do about it."""

    reason: str
    hint: str


class Uv:
    """The uv that Unshelf was installed with."""

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        """Runs in `folder`, with the settings in `environment` (this process's own by default)."""
        self._folder = folder
        self.environment = uv_environment(os.environ if environment is None else environment)
        self._binary = find_uv_bin()
        self._version: Outcome | None = None

    async def run(self, *arguments: str | Path, text: str = "") -> Outcome:
        """Run a command of uv to its end."""
        return await run_program(
            [self._binary, "--color", "never", *arguments],
            environment=self.environment,
            folder=self._folder,
            text=text,
        )

    async def version(self) -> Outcome:
        """What `uv --version` says; asked until it says something."""
        if self._version is None or self._version.status:
            self._version = await self.run("--version")
        return self._version

    async def compile(self, requirements: Sequence[str], python: Path) -> str:
        """Resolve requirements for this interpreter and platform into a pylock.toml with hashes; raises `lock_failed`."""
        outcome = await self.run(
            "pip", "compile", "-", "--format", "pylock.toml", "--generate-hashes", "--no-header", "--quiet",
            "--python", python, text="".join(f"{requirement}\n" for requirement in requirements),
        )  # fmt: skip
        if outcome.status:
            raise _failure("lock_failed", "lock", outcome)
        return outcome.output

    async def make_environment(self, folder: Path, python: Path) -> None:
        """Make an empty virtual environment that may be moved; raises `build_failed`."""
        outcome = await self.run("venv", "--quiet", "--no-project", "--relocatable", "--python", python, folder)
        if outcome.status:
            raise _failure("build_failed", "build", outcome)

    @property
    def default_index(self) -> str:
        """The address of the index that packages come from unless another is named; it may hold a password."""
        given = self.environment.get("UV_DEFAULT_INDEX") or self.environment.get("UV_INDEX_URL")
        return re.sub(r"^[\w.-]+=", "", given or "https://pypi.org/simple")  # uv takes NAME=ADDRESS too

    async def install(self, lock: Path, python: Path) -> None:
        """Install exactly what the lock says, each file by its hash; raises `build_failed`."""
        outcome = await self.run(
            "pip", "sync", "--quiet", "--preview-features", "pylock", "--require-hashes", "--python", python, lock
        )
        if outcome.status:
            raise _failure("build_failed", "build", outcome)


def _failure(code: str, step: str, outcome: Outcome) -> HostFailure:
    complaint = understand(outcome.errors)
    log = "\n".join(outcome.errors.strip().splitlines()[-_LOG_LINES:])
    return HostFailure(code, complaint.reason, hint=complaint.hint, step=step, log=log)


def understand(errors: str) -> Complaint:
    """What uv's standard error amounts to."""
    causes = _causes(errors)
    told = re.search(r"^hint: (.+)$", errors, re.MULTILINE)
    hint = told[1] if told else ""
    text = " ".join(causes)
    if re.search(r"network was disabled|error sending request|[Ff]ailed to fetch|dns error", errors):
        missing = re.search(r"Because (\S+) was not found in the cache", text)
        what = f"{missing[1]} is not in the cache and the network is disabled" if missing else _last_of(causes)
        return Complaint(reason=f"the package index can't be reached: {what}", hint=_MIRROR_HINT)
    if missing := re.search(r"(\S+) was not found in the package registry", text):
        return Complaint(
            reason=f"there is no package named {missing[1]!r} in the package index",
            hint="Check the spelling. A private package needs its index: start `unshelf up` with UV_INDEX set to it.",
        )
    if "Hash mismatch" in text:
        return Complaint(
            reason=text.rstrip("."),
            hint="The file in the package index is not the one that was locked. Deploy again from requirements.",
        )
    if "requirements are unsatisfiable" in text:
        reason = re.sub(r",? we can conclude that your requirements are unsatisfiable\.?", "", causes[-1])
        return Complaint(
            reason=f"the requirements can't be met together: {_lower_first(reason)}",
            hint=hint or "Change or loosen one of the requirements named here.",
        )
    if "Couldn't parse requirement" in text:
        return Complaint(
            reason=f"a requirement can't be read: {_last_of(causes)}",
            hint="Write requirements as in PEP 508: `scikit-learn>=1.5,<2`.",
        )
    return Complaint(reason=text or "uv gave no reason", hint=hint or "The log has what the package's build said.")


def _causes(errors: str) -> list[str]:
    """The chain of causes of uv's error, each on one line, the outermost first."""
    causes: list[str] = []
    for line in errors.splitlines():
        if match := re.match(r"(?:error|  cause): (.*)", line):
            causes.append(match[1].strip())
        elif causes and line.startswith("  ") and line.strip() and len(causes[-1]) < 300:
            causes[-1] += f" {line.strip()}"
        elif causes and line.strip() and not line.startswith(" "):
            break
    return causes


def _last_of(causes: Sequence[str]) -> str:
    return causes[-1] if causes else "uv gave no reason"


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
