"""Declarations of a version, held against its model: its parameters, and the names that are not to be recorded."""

from typing import Any

from ..errors import CheckFailed
from ..model import LoadedModel, SignatureFields, TakesParameters


def parameters_of(model: LoadedModel, manifest: "dict[str, Any]", signature: SignatureFields) -> "list[dict[str, Any]]":
    """The parameters that its maker declares, else those that the model's own code does. Raises CheckFailed where it takes none."""
    told = manifest.get("parameters")
    if told is None:
        told = signature.get("parameters")
    if not isinstance(model, TakesParameters):
        if told:
            kind = manifest["loader"]["kind"]
            raise CheckFailed(
                "signature", f"The version declares parameters, but a model of the kind {kind} takes none.",
                hint="Leave them out, or call the model in a function of your own that takes them.",
            )  # fmt: skip
        return []
    return model.declared_parameters() if told is None else told


def require_known_redactions(manifest: "dict[str, Any]", signature: SignatureFields) -> None:
    """Refuse a name to be redacted that nothing has: what its maker wanted to hide is somewhere else. Raises CheckFailed."""
    inputs, outputs = signature["inputs"], signature.get("outputs") or {}
    columns = inputs.get("columns", [])
    if any(column["type"] == "json" for column in columns):  # which may hold anything under any name
        return
    known = [
        entry["name"] for part in (inputs, outputs) for entry in (part.get("columns") or part.get("tensors") or [])
    ]
    known += [entry["name"] for entry in signature.get("parameters", [])]
    for name in manifest.get("recording", {}).get("redact", []):
        if name not in known:
            raise CheckFailed(
                "signature", f"[recording] redact names {name!r}, which is no column, tensor or parameter of the model.",
                hint=f"It has {', '.join(known)}.",
            )  # fmt: skip
