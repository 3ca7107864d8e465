"""Jobs between the wire and the service."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec

from unshelf.contracts.bundle import BundleFile, NetworkAccess
from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.protocols.jobs import AttemptUsage
from unshelf.develop.jobs.job import JobInput, JobOrder
from unshelf.develop.jobs.schemas import CodeFile, InputRequest, JobChange, JobDetail, JobRequest
from unshelf.develop.jobs.service import ShownJob
from unshelf.develop.jobs.tables import JobAttemptRow


def order_of_request(wanted: JobRequest) -> JobOrder:
    """Return the order of a request. Raises InvalidInput."""
    try:
        network = NetworkAccess(
            access=None if wanted.network.allow and wanted.network.access == "none" else wanted.network.access,
            allow=wanted.network.allow,
        )
    except ValueError as error:
        raise InvalidInput(f"{error}.") from None
    return JobOrder(
        project=wanted.project, name=wanted.name, files=_files(wanted.files), command=wanted.command, tier=wanted.tier,
        environment=wanted.environment, requirements=wanted.requirements, constraints=wanted.constraints,
        python=wanted.python, variables=wanted.variables, secrets=wanted.secrets, inputs=_inputs(wanted.inputs),
        network=network, parameters=wanted.parameters, seconds=wanted.time_limit, retries=wanted.retries,
        priority=wanted.priority, after=wanted.after, copies=wanted.copies, key=wanted.key,
    )  # fmt: skip


def changed_order(order: JobOrder, wanted: JobChange) -> JobOrder:
    """Return an order with what a request wants to have different."""
    fields: dict[str, Any] = {
        "name": wanted.name, "command": wanted.command, "tier": wanted.tier, "seconds": wanted.time_limit,
        "retries": wanted.retries, "priority": wanted.priority,
        "files": None if wanted.files is None else _files(wanted.files),
        "inputs": None if wanted.inputs is None else _inputs(wanted.inputs),
        "parameters": None if wanted.parameters is None else {**order.parameters, **wanted.parameters},
    }  # fmt: skip
    if wanted.environment is not None:
        fields |= {"environment": wanted.environment}
        order = replace(order, requirements=None)
    return replace(order, **{name: value for name, value in fields.items() if value is not None})


def job_view(shown: ShownJob) -> JobDetail:
    """Return a job as the API shows it."""
    row = shown.row
    columns = {column.key: getattr(row, column.key) for column in row.__mapper__.column_attrs}
    usage: AttemptUsage | None = shown.usage
    fields = columns | {
        "time_limit": row.seconds, "after": shown.after, "before": shown.before, "copies": shown.copies,
        "position": shown.position, "usage": None if usage is None else msgspec.to_builtins(usage),
        "runs": [_attempt(each) for each in shown.attempts],
    }  # fmt: skip
    return JobDetail.model_validate(fields)


def _attempt(row: JobAttemptRow) -> dict[str, Any]:
    columns = {column.key: getattr(row, column.key) for column in row.__mapper__.column_attrs}
    return columns | {"output_bytes": 0 if row.output is None else row.output["size"]}


def _files(files: Sequence[CodeFile]) -> list[BundleFile]:
    try:
        return [BundleFile(path=each.path, sha256=each.sha256, size=each.size) for each in files]
    except ValueError as error:
        raise InvalidInput(f"{error}.") from None


def _inputs(inputs: Sequence[InputRequest]) -> list[JobInput]:
    return [JobInput(reference=each.reference, variable=each.variable) for each in inputs]
