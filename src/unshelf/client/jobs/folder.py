"""Settings of a folder of code: the packages, the environment and the tier that its own files name for what runs in it."""

from dataclasses import dataclass, field
from pathlib import Path

from unshelf.client.bundling.project_files import read_named, read_project
from unshelf.client.bundling.requirements import marker_environment
from unshelf.client.bundling.requirements_file import WrittenRequirements, parse_requirements
from unshelf.client.bundling.unshelf_toml import RECIPE_FILE, read_environment
from unshelf.client.errors import InvalidModel
from unshelf.contracts.protocols.jobs import FolderPackages


@dataclass(frozen=True, kw_only=True)
class FolderSettings:
    """Facts that a folder states about the programs in it; None: it says nothing."""

    packages: FolderPackages | None = None
    environment: str | None = None
    """An environment of the server."""
    tier: str | None = None
    variables: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    """Decisions for people to see."""


def read_settings(root: Path) -> FolderSettings:
    """Read `unshelf.toml` where there is one, else the packages of the project files. Raises InvalidModel."""
    said = read_environment(root) if (root / RECIPE_FILE).is_file() else {}
    packages, notes = _packages(root, said) if "environment" not in said else (None, [])
    return FolderSettings(
        packages=packages, environment=said.get("environment"), tier=said.get("tier"), variables=said.get("env", {}),
        notes=notes,
    )  # fmt: skip


def _packages(root: Path, said: dict[str, object]) -> tuple[FolderPackages | None, list[str]]:
    if "lock" in said:
        raise InvalidModel(
            f"{RECIPE_FILE} names a lock, which jobs do not take from a folder.",
            hint=f"Make an environment of it and name that: `unshelf environments create NAME --from {said['lock']}`.",
        )
    python = said.get("python")
    environment = marker_environment(str(python) if python else None)
    requirements = said.get("requirements")
    written: WrittenRequirements
    if isinstance(requirements, str):
        found = read_named(root / requirements, environment)
        written, stated = found.written, found.python
    elif isinstance(requirements, list):
        written, stated = parse_requirements(requirements, folder=root, origin=RECIPE_FILE), None
    else:
        project = read_project(root, environment)
        if project is None:
            return (FolderPackages(requirements=[], python=str(python)) if python else None), []
        written, stated = project.written, project.python
    packages = FolderPackages(
        requirements=[each.text for each in written.requirements], constraints=[each.text for each in written.constraints],
        python=str(python or stated or ""),
    )  # fmt: skip
    return packages, list(written.notes)
