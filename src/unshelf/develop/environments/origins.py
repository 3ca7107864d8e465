"""Origins of environments: what a request asks for, as the host is asked for it."""

import tomllib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from sqlalchemy.orm import Session

from unshelf.contracts.bundle import MAX_HASHES_CHARACTERS
from unshelf.contracts.errors import InvalidInput, NotFound
from unshelf.contracts.protocols.environments import BuildEnvironment
from unshelf.develop.environments.schemas import EnvironmentBuildRequest
from unshelf.develop.environments.tables import EnvironmentRow
from unshelf.foundation.access.actors import Actor

_CALL = 1


class VersionEnvironment(NamedTuple):
    """The environment of a version of a model."""

    reference: str
    """`iris:3`, where `iris@champion` was asked for."""
    hash: str


FindVersion = Callable[[Session, Actor, str], VersionEnvironment]
"""Finds the environment of a version that the actor may see, by any reference to it; raises NotFound."""


def no_models(_session: Session, _actor: Actor, reference: str) -> VersionEnvironment:
    """Know no models: before their wing is there."""
    raise NotFound(f"There is no model {reference[:80]!a}.")


class EnvironmentOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A resolved request."""

    build: BuildEnvironment
    """The request to the host."""
    shown: dict[str, Any]
    """As of EnvironmentOrigin, for people."""


def check_request(wanted: EnvironmentBuildRequest) -> None:
    """Raise InvalidInput for a request that asks for nothing, or for more than one thing."""
    sources = [bool(wanted.lock), bool(wanted.base), bool(wanted.version)]
    if sum(sources) > 1 or (wanted.lock and wanted.requirements):
        raise InvalidInput(
            "An environment is made from requirements, from a lock, or from another environment.",
            hint="Give one of them.",
        )
    if not any(sources) and not wanted.requirements:
        raise InvalidInput(
            "Nothing was said of what is to be in the environment.",
            hint="Give requirements, a lock, or another environment.",
        )


def origin_of(
    wanted: EnvironmentBuildRequest, base: EnvironmentRow | None, label: str, actor: Actor
) -> EnvironmentOrder:
    """Return the origin of a version. `base`: what `wanted.base` or `wanted.version` leads to, by this `label`.

    Raises InvalidInput for a base that nothing can be added to."""
    shown = {
        "requirements": wanted.requirements, "base": label if wanted.base else "", "file": wanted.file,
        "version": label if wanted.version else "", "lock": bool(wanted.lock),
    }  # fmt: skip
    build = BuildEnvironment(
        id=_CALL, python=wanted.python, requirements=wanted.requirements, constraints=wanted.constraints,
        lock=wanted.lock, actor=actor.label,
    )  # fmt: skip
    if base is None:
        return EnvironmentOrder(build=build, shown=shown)
    if not wanted.requirements and wanted.python in ("", base.python):
        changed: dict[str, Any] = {"python": base.python, "lock": base.lock, "environment": base.hash}
    else:
        changed = {
            "python": wanted.python or base.python,
            "requirements": [*wanted.requirements, *pins_of(base.lock, beside=wanted.requirements)],
        }
    return EnvironmentOrder(build=msgspec.structs.replace(build, **changed), shown=shown)


def pins_of(lock: str, *, beside: Sequence[str]) -> list[str]:
    """Return the packages of a lock as requirements that pin their versions and files, without those that `beside` asks for.

    Raises InvalidInput for a package that no index has, or a requirement that can't be read."""
    asked = {canonicalize_name(_parsed(text).name) for text in beside}
    pins = []
    for package in tomllib.loads(lock).get("packages", []):
        name, version = package["name"], package.get("version", "")
        if canonicalize_name(name) in asked:
            continue
        files = [*package.get("wheels", []), *(package[kind] for kind in ("sdist",) if kind in package)]
        if not version or any("path" in file for file in files) or not files:
            raise InvalidInput(
                f"{name} came as a file with a model, so nothing can be added to this environment.",
                hint="Publish the package in an index of the server, and make the environment from requirements.",
            )
        hashes = sorted({f"{kind}:{value}" for file in files for kind, value in file.get("hashes", {}).items()})
        marker = f" ; {package['marker']}" if package.get("marker") else ""
        written = "".join(f" --hash={each}" for each in hashes)
        pins.append(f"{name}=={version}{marker}{written if len(written) < MAX_HASHES_CHARACTERS else ''}")
    return pins


def _parsed(text: str) -> Requirement:
    try:
        return Requirement(text.partition(" --hash")[0])
    except InvalidRequirement as error:
        reason = str(error).partition("\n")[0]
        raise InvalidInput(
            f"The requirement {text[:80]!a} can't be read: {reason}.", hint="Write `name>=1.2,<2`."
        ) from None
