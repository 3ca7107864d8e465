"""Keys of steps: digests of all that a step's value comes from. A step with the same key need not run again."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from unshelf.contracts.bundle import BundleFile, tree_digest
from unshelf.develop.pipelines.definition import StepDefinition

_FORM = 1
"""Changed when keys are made otherwise: then nothing of before is taken."""


def step_key(
    step: StepDefinition, *, code: Sequence[BundleFile], environment: Mapping[str, Any], arguments: Mapping[str, Any],
    values: Mapping[str, Any], data: Mapping[str, str],
) -> str:  # fmt: skip
    """Return the SHA-256 of what a function's value comes from.

    `code`: the files that it gets. `environment`: a hash, or requirements as they are written. `arguments`: those that are JSON.
    `values`: argument → the digest of the value of another step, and the part of it. `data`: name → digest of its files. Secrets and the
    network count by what is asked for, for nobody knows what they give; tier, retries and time limit change no value."""
    parts = {
        "form": _FORM, "function": step.function, "code": tree_digest(code), "environment": environment, "arguments": arguments,
        "values": values, "data": data, "secrets": sorted(step.secrets), "network": step.network.model_dump(mode="json"),
    }  # fmt: skip
    return hashlib.sha256(msgspec.json.encode(parts, order="deterministic")).hexdigest()
