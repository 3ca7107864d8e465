"""Jobs between the wire and the service."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import msgspec

from unshelf.contracts.bundle import BundleFile, NetworkAccess
from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.protocols.jobs import AttemptUsage
from unshelf.develop.jobs.job import JobInput, JobOrder
from unshelf.develop.jobs.schemas import (
    CodeFile,
    InputRequest,
    JobChange,
    JobDetail,
    JobRequest,
    NetworkRequest,
)
from unshelf.develop.jobs.service import ShownJob
from unshelf.develop.jobs.sources.git import GitSource
from unshelf.develop.jobs.sources.publishing import JobOutput
from unshelf.develop.jobs.sources.schemas import GitRequest
from unshelf.develop.jobs.tables import JobAttemptRow


def order_of_request(wanted: JobRequest) -> JobOrder:
    """Return the order of a request. Raises InvalidInput."""
    if (wanted.git is None) == (not wanted.files):
        raise InvalidInput("The code of a job is uploaded files, or a git repository.", hint="Give `files` or `git`.")
    return JobOrder(
        project=wanted.project, name=wanted.name, files=uploaded_files(wanted.files), git=_git(wanted.git),
        command=wanted.command, tier=wanted.tier,
        environment=wanted.environment, requirements=wanted.requirements, constraints=wanted.constraints,
        python=wanted.python, variables=wanted.variables, secrets=wanted.secrets, inputs=_inputs(wanted.inputs),
        outputs=[JobOutput(name=each.name, path=each.path) for each in wanted.outputs],
        network=_network(wanted.network), parameters=wanted.parameters, seconds=wanted.time_limit, retries=wanted.retries,
        priority=wanted.priority, after=wanted.after, copies=wanted.copies, key=wanted.key,
    )  # fmt: skip


def changed_order(order: JobOrder, wanted: JobChange) -> JobOrder:
    """Return an order with what a request wants to have different."""
    fields: dict[str, Any] = {
        "name": wanted.name, "command": wanted.command, "tier": wanted.tier, "seconds": wanted.time_limit,
        "retries": wanted.retries, "priority": wanted.priority,
        "files": None if wanted.files is None else uploaded_files(wanted.files),
        "inputs": None if wanted.inputs is None else _inputs(wanted.inputs),
        "network": None if wanted.network is None else _network(wanted.network),
        "parameters": None if wanted.parameters is None else {**order.parameters, **wanted.parameters},
    }  # fmt: skip
    if wanted.environment is not None:
        fields |= {"environment": wanted.environment}
        order = replace(order, requirements=None, packages_of_code=False)
    if wanted.files is not None:
        order = replace(order, git=None, packages_of_code=False)
    if wanted.git_ref is not None:
        order = _at_ref(order, wanted)
    return replace(order, **{name: value for name, value in fields.items() if value is not None})


def _at_ref(order: JobOrder, wanted: JobChange) -> JobOrder:
    """Return an order with the code of another commit, which is to be fetched. Raises InvalidInput."""
    if order.git is None or wanted.files is not None:
        raise InvalidInput(
            "The code of the job was uploaded, so it has no other commits.",
            hint="Submit it with a repository: --git URL.",
        )
    source = msgspec.structs.replace(order.git, ref=wanted.git_ref, commit="")
    return replace(order, git=source, files=())


def job_view(shown: ShownJob) -> JobDetail:
    """Return a job as the API shows it."""
    row = shown.row
    columns = {column.key: getattr(row, column.key) for column in row.__mapper__.column_attrs}
    usage: AttemptUsage | None = shown.usage
    fields = columns | {
        "outputs": row.outputs or [],
        "git": None if shown.git is None else msgspec.to_builtins(shown.git),
        "time_limit": row.seconds, "after": shown.after, "before": shown.before, "copies": shown.copies,
        "can_be_copied": row.model is None,
        "used_by": [asdict(each) for each in shown.used_by],
        "position": shown.position, "usage": None if usage is None else msgspec.to_builtins(usage),
        "runs": [_attempt(each, shown.series) for each in shown.attempts],
    }  # fmt: skip
    return JobDetail.model_validate(fields)


def _attempt(row: JobAttemptRow, live: Sequence[AttemptUsage]) -> dict[str, Any]:
    columns = {column.key: getattr(row, column.key) for column in row.__mapper__.column_attrs}
    samples = (
        [msgspec.to_builtins(each) for each in live]
        if row.outcome is None
        else [_sample(each) for each in row.series or ()]
    )
    columns["refused"] = row.refused or []
    return columns | {"output_bytes": 0 if row.output is None else row.output["size"], "series": samples}


def _sample(values: Sequence[float]) -> dict[str, float]:
    return dict(zip(("at", "cpu_seconds", "memory_bytes"), values, strict=True))


def _network(wanted: NetworkRequest) -> NetworkAccess:
    try:
        access = None if wanted.allow and wanted.access == "none" else wanted.access
        return NetworkAccess(access=access, allow=wanted.allow)
    except ValueError as error:
        raise InvalidInput(f"{error}.") from None


def uploaded_files(files: Sequence[CodeFile]) -> list[BundleFile]:
    """Return uploaded files as services take them. Raises InvalidInput."""
    try:
        return [BundleFile(path=each.path, sha256=each.sha256, size=each.size) for each in files]
    except ValueError as error:
        raise InvalidInput(f"{error}.") from None


def _git(wanted: GitRequest | None) -> GitSource | None:
    if wanted is None:
        return None
    return GitSource(url=wanted.url, ref=wanted.ref, folder=wanted.folder.strip("/"), secret=wanted.secret)


def _inputs(inputs: Sequence[InputRequest]) -> list[JobInput]:
    return [JobInput(reference=each.reference, variable=each.variable) for each in inputs]
