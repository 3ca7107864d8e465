"""The order of an attempt: all that a job recorded, in the form in which a launcher takes it."""

from collections.abc import Callable, Sequence

import msgspec
from sqlalchemy.orm import Session

from unshelf.contracts.bundle import NetworkAccess
from unshelf.contracts.errors import Conflict
from unshelf.contracts.protocols.jobs import AttemptInput, AttemptOrder
from unshelf.develop.jobs.tables import JobRow
from unshelf.develop.jobs.trees import read_tree

SecretsOf = Callable[[str, str | None], dict[str, str]]
"""Reads the values of the secrets of a model, where it is in a project; of no model, those of a project. Raises Conflict when one can't
be read."""
_DISK_BYTES = 8 << 30
_OUTPUT_BYTES = 16 << 20


def order_of(session: Session, row: JobRow, secrets: dict[str, str]) -> AttemptOrder:
    """Return the order of a job's present attempt."""
    variables = dict(row.variables)
    if row.array_index is not None:
        variables["UNSHELF_ARRAY_INDEX"] = str(row.array_index)
    return AttemptOrder(
        job=row.id, number=row.attempts, project=row.project, tier=row.tier, environment=row.environment or "",
        code=read_tree(session, row.code), command=list(row.command), variables=variables, secrets=secrets,
        inputs=[
            AttemptInput(variable=each["variable"], files=read_tree(session, each["tree"])) for each in row.inputs
        ],
        parameters=msgspec.json.encode(row.parameters).decode(), seconds=row.seconds, disk_bytes=_DISK_BYTES,
        output_bytes=_OUTPUT_BYTES, network=msgspec.convert(row.network, NetworkAccess),
        use="bench" if row.use == "bench" else "job", model=(row.model or "") if row.use == "bench" else "",
    )  # fmt: skip


def chosen_secrets(values: dict[str, str], names: Sequence[str], project: str) -> dict[str, str]:
    """Return the secrets that a job names. Raises Conflict for one that there is not."""
    missing = [name for name in names if name not in values]
    if missing:
        raise Conflict(
            f"The project {project!r} has no secret {missing[0]!r}.",
            hint=f"Set it: unshelf secrets set {missing[0]} --project {project}",
        )
    return {name: values[name] for name in names}
