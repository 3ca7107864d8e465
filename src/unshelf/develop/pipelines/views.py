"""Rows of runs as values."""

from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.develop.pipelines.definition import PipelineRequest
from unshelf.develop.pipelines.run import Run, RunState, RunStep, StepState
from unshelf.develop.pipelines.tables import PipelineRunRow, PipelineStepRow


def steps_of(session: Session, run: str) -> list[PipelineStepRow]:
    """Return the steps of a run, in their order."""
    query = select(PipelineStepRow).where(PipelineStepRow.run == run)
    return list(session.scalars(query.order_by(PipelineStepRow.position)))


def run_of(session: Session, row: PipelineRunRow, definition: PipelineRequest, name: str) -> Run:
    """Return a run with its steps."""
    defined = {step.name: step for step in definition.steps}
    steps = [
        RunStep(
            name=step.name, kind=defined[step.name].kind, state=cast(StepState, step.state), reason=step.reason,
            function=defined[step.name].function, tier=defined[step.name].tier, needs=defined[step.name].needs(), job=step.job,
            cached_from=step.cached_from, facts=step.facts, started_at=step.started_at, ended_at=step.ended_at,
        )
        for step in steps_of(session, row.id)
    ]  # fmt: skip
    return Run(
        id=row.id, pipeline=row.pipeline, name=name, version=row.version, project=row.project, state=cast(RunState, row.state),
        reason=row.reason, parameters=row.parameters, data=row.data, fresh=row.fresh, parent=row.parent, created_at=row.created_at,
        created_by=row.created_by, runs_as=row.actor_label, ended_at=row.ended_at, steps=steps,
    )  # fmt: skip
