"""Manifests of requests: what can't be read is refused, and so is more than the host would read."""

from typing import Any

import pytest

from unshelf.contracts.bundle import MAX_REQUIREMENT_CHARACTERS, MAX_REQUIREMENTS
from unshelf.contracts.errors import InvalidInput
from unshelf.deploy.deploys.wanted import manifest_from


def fields(**more: Any) -> dict[str, Any]:
    return {"loader": {"kind": "python"}, "files": [], "python": "3.11", **more}


def test_a_manifest_is_read_from_plain_values() -> None:
    assert manifest_from(fields(requirements=["numpy"])).requirements == ["numpy"]


@pytest.mark.parametrize(
    "more",
    [
        {"python": 3},
        {"files": [{"path": "../a", "sha256": "a" * 64, "size": 1}]},
        {"requirements": ["a"] * (MAX_REQUIREMENTS + 1)},
        {"constraints": ["a" * (MAX_REQUIREMENT_CHARACTERS + 1)]},
    ],
)
def test_what_can_not_be_read_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        manifest_from(fields(**more))
