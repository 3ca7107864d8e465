"""Sources of environments: a file of requirements, a lock, or a list, as the server takes them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from packaging.markers import default_environment

from unshelf.client.bundling.project_files import read_named
from unshelf.client.bundling.requirements_file import parse_requirements
from unshelf.client.bundling.text_files import read_text
from unshelf.client.errors import InvalidModel


@dataclass(frozen=True, kw_only=True)
class EnvironmentSource:
    """The requirements or the lock of an environment."""

    requirements: list[str] = field(default_factory=list)
    constraints: list[str] = field(default_factory=list)
    lock: str = ""
    """The text of a pylock.toml; empty: it is made from requirements."""
    python: str = ""
    """The Python version that the file asks for; empty: none."""
    file: str = ""
    """The name of the file; empty: none was read."""
    notes: list[str] = field(default_factory=list)
    """Sentences for people, such as what a file has that no index has."""


def read_source(packages: Sequence[str], path: Path | None) -> EnvironmentSource:
    """Return the requirements of a command line and of a file: requirements.txt, pylock.toml, uv.lock, poetry.lock, Pipfile.lock,
    pyproject.toml, environment.yml or conda.yaml. Raises InvalidModel."""
    given = parse_requirements(packages, folder=Path.cwd(), origin="the command line")
    asked = [each.line for each in given.requirements]
    if path is None:
        return EnvironmentSource(requirements=asked, notes=given.notes)
    if not path.is_file():
        raise InvalidModel(
            f"There is no file {path}.", hint="Name a requirements.txt, pylock.toml, uv.lock or conda.yaml."
        )
    if path.name.startswith("pylock") and path.suffix == ".toml":
        if asked:
            raise InvalidModel(
                f"{path.name} is a lock, to which nothing can be added.",
                hint="Make the environment from the lock, then add to it: `unshelf environments add`.",
            )
        return EnvironmentSource(lock=read_text(path), file=path.name)
    found = read_named(path, {name: str(value) for name, value in default_environment().items()})
    return EnvironmentSource(
        requirements=[*(each.line for each in found.written.requirements), *asked],
        constraints=[each.line for each in found.written.constraints],
        python=found.python or "", file=path.name, notes=[*given.notes, *found.written.notes],
    )  # fmt: skip
