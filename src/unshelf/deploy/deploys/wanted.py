"""Manifests as requests for deploys bring them."""

from typing import Any

import msgspec

from unshelf.contracts.bundle import MAX_HASHES_CHARACTERS, MAX_REQUIREMENT_CHARACTERS, MAX_REQUIREMENTS, Manifest
from unshelf.contracts.errors import InvalidInput


def manifest_from(fields: dict[str, Any]) -> Manifest:
    """Return the manifest of a request. Raises InvalidInput."""
    try:
        manifest = msgspec.convert(fields, Manifest)
    except msgspec.ValidationError as error:
        raise InvalidInput(f"The manifest can't be used: {error}.") from None
    if manifest.runs_elsewhere:
        raise InvalidInput(
            "A model that runs elsewhere has no bundle to deploy.",
            hint="Register it: unshelf models register NAME --example FILE.",
        )
    check_requirements([*manifest.requirements, *manifest.constraints])
    return manifest


def check_requirements(requirements: list[str]) -> None:
    """Raise InvalidInput for more than the host would read. Manifests that are stored are read whatever they have."""
    if len(requirements) > MAX_REQUIREMENTS:
        raise InvalidInput(f"There are {len(requirements)} requirements; at most {MAX_REQUIREMENTS} are read.")
    for requirement in requirements:
        package, _, hashes = requirement.partition("--hash")
        if len(package) > MAX_REQUIREMENT_CHARACTERS or len(hashes) > MAX_HASHES_CHARACTERS:
            raise InvalidInput(
                f"The requirement {requirement[:40]!a}… has {len(requirement)} characters; at most {MAX_REQUIREMENT_CHARACTERS} are read, "
                f"and {MAX_HASHES_CHARACTERS} of hashes.",
                hint="Write `name>=1.2,<2`.",
            )
