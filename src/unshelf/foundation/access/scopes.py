"""Scopes: the parts of an installation that a permission can be granted for."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

ScopeKind = Literal["installation", "project", "model"]
Visibility = Literal["private", "internal", "public"]
"""Visibility of a model beside its project: to nobody, or to everybody who is logged in, who may also call a public one."""
DEFAULT_PROJECT = "default"
"""The project of every model that was not given to another one."""
_OPENNESS: dict[Visibility, int] = {"private": 0, "internal": 1, "public": 2}


@dataclass(frozen=True, kw_only=True)
class Scope:
    """The installation, a project in it, or models."""

    kind: ScopeKind
    project: str = ""
    """The project's name; empty for the installation, and in a grant on models of any project."""
    model: str = ""
    """The model's name, or in a grant a glob pattern of names (`credit-*`); empty unless the kind is `model`."""
    visibility: Visibility = "private"
    """The visibility of a model; in a grant on models, the least open one that it is good for."""

    def covers(self, other: "Scope") -> bool:
        """Whether what is granted for this scope is granted for the other one too."""
        if self.kind == "installation":
            return True
        if other.kind == "installation" or (self.project and self.project != other.project):
            return False
        if self.kind == "project":
            return bool(self.project)
        is_open = _OPENNESS[other.visibility] >= _OPENNESS[self.visibility]
        return other.kind == "model" and is_open and fnmatchcase(other.model, self.model)

    def __str__(self) -> str:
        """The scope in a message."""
        if self.kind == "installation":
            return "the installation"
        return f"the model {self.model!r}" if self.kind == "model" else f"the project {self.project!r}"


INSTALLATION = Scope(kind="installation")


def model_scope(name: str, *, project: str = DEFAULT_PROJECT, visibility: Visibility = "private") -> Scope:
    """The scope of one model, or, in a grant, of the models whose names match a glob pattern; `project` empty: of any project."""
    return Scope(kind="model", project=project, model=name, visibility=visibility)


def project_scope(name: str = DEFAULT_PROJECT) -> Scope:
    """The scope of a project with all its models."""
    return Scope(kind="project", project=name)


def at_least(visibility: Visibility) -> list[Visibility]:
    """The visibilities that are as open as this one, or more."""
    return [each for each, openness in _OPENNESS.items() if openness >= _OPENNESS[visibility]]
