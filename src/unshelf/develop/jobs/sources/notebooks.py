"""Notebooks as programs of jobs: what runs them has to be among their packages."""

from collections.abc import Sequence

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

_RUNNERS = ("nbclient", "ipykernel")


def with_notebook(program: str, requirements: Sequence[str]) -> list[str]:
    """Return requirements with what runs a notebook, where the program is one and they do not name it."""
    if not program.endswith(".ipynb"):
        return list(requirements)
    named = {_name_of(each) for each in requirements}
    return [*requirements, *(each for each in _RUNNERS if each not in named)]


def _name_of(requirement: str) -> str:
    try:
        return canonicalize_name(Requirement(requirement.partition(" --hash")[0]).name)
    except InvalidRequirement:
        return ""
