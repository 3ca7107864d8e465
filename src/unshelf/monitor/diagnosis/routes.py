"""Diagnoses over HTTP."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Query

from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter
from unshelf.foundation.web.schemas import Moment
from unshelf.monitor.diagnosis.questions import AskedFor, Resolved
from unshelf.monitor.diagnosis.records import MOST_ROWS
from unshelf.monitor.diagnosis.schemas import (
    ColumnDiagnosisView,
    DiagnosedRowsView,
    DiagnosisAsked,
    DriftDiagnosisView,
    QualityDiagnosisView,
)
from unshelf.monitor.diagnosis.service import DiagnosisService, RowsWanted
from unshelf.records.selection import SINCE_RULE, parse_since

_READ = [requires(Permission.RECORDS_READ, "ref")]
_MISSING = problem_answers("not_found")
_TIME = f"As how long ago or a moment: {SINCE_RULE}."
From = Annotated[
    str, Query(max_length=64, description=f"{_TIME} Unless given: that of the alert, or seven days before the end.")
]
To = Annotated[str, Query(max_length=64, description=f"{_TIME} Unless given: that of the alert, or now.")]
Against = Annotated[
    str | None,
    Query(max_length=32, description="reference (of the version), previous (the time before), or version:N."),
]
OfAlert = Annotated[
    str,
    Query(max_length=64, description="The id of an alert of the model, whose version, time and reference are meant."),
]
ProfileColumn = Annotated[str, Query(max_length=500, description="The column: in:NAME or out:NAME.")]


def router(diagnoses: DiagnosisService, address: Callable[[str], tuple[str, int | None]]) -> ApiRouter:
    """`/models/{ref}/diagnosis`. `address` finds the model and the version, None: the main one, of a reference, and raises NotFound."""
    routes = ApiRouter(tags=["monitoring"])

    def resolved(actor: Actor, ref: str, times: tuple[str, str], against: str | None, alert: str) -> Resolved:
        model, version = address(ref)
        since, until = map(_moment, times)
        wanted = AskedFor(model=model, version=version, since=since, until=until, against=against, alert=alert)
        return diagnoses.resolve(actor, wanted)

    @routes.get("/models/{ref}/diagnosis", responses=_MISSING, dependencies=_READ)
    def diagnose_drift(
        ref: str, actor: CurrentActor, *, since: From = "", until: To = "", against: Against = None, alert: OfAlert = ""
    ) -> DriftDiagnosisView:
        """Rank the columns of a time by their part in its drift, with what was changed then and in the two weeks before."""
        asked = resolved(actor, ref, (since, until), against, alert)
        return DriftDiagnosisView.of(asked, diagnoses.drift(actor, asked.question))

    @routes.get("/models/{ref}/diagnosis/column", responses=_MISSING, dependencies=_READ)
    def diagnose_column(
        ref: str, actor: CurrentActor, column: ProfileColumn, *,
        slice: Annotated[list[str] | None, Query(max_length=6, description="Inputs by whose values rows are separated.")] = None,
        since: From = "", until: To = "", against: Against = None, alert: OfAlert = "",
    ) -> ColumnDiagnosisView:  # fmt: skip
        """Show the bins of a column before and now, and split its drift by slice and time: the parts add up to it. It reads records."""
        asked = resolved(actor, ref, (since, until), against, alert)
        return ColumnDiagnosisView.of(asked, diagnoses.column(actor, asked.question, column, slice or ()))

    @routes.get("/models/{ref}/diagnosis/quality", responses=_MISSING, dependencies=_READ)
    def diagnose_quality(
        ref: str, actor: CurrentActor, *, since: From = "", until: To = "", alert: OfAlert = ""
    ) -> QualityDiagnosisView:
        """Split a change of quality since the time before by slice, time and mistake: the parts of an input's slices add up to it."""
        asked = resolved(actor, ref, (since, until), None, alert)
        return QualityDiagnosisView.of(asked, diagnoses.quality(actor, asked.question))

    @routes.get(
        "/models/{ref}/diagnosis/rows", responses=problem_answers("not_found", "deadline_exceeded"), dependencies=_READ
    )
    def list_diagnosed_rows(
        ref: str, actor: CurrentActor, *, column: ProfileColumn = "",
        bin: Annotated[str, Query(max_length=500, description="The name of a bin of the column.")] = "",
        slice: Annotated[str, Query(max_length=700, description="COLUMN=VALUE.")] = "",
        step: Annotated[Moment | None, Query(description="The beginning of a step.")] = None,
        wrong: Annotated[bool, Query(description="Only labelled rows with a wrong answer, the worst first.")] = False,
        limit: Annotated[int, Query(ge=1, le=MOST_ROWS)] = 100,
        since: From = "", until: To = "", against: Against = None, alert: OfAlert = "",
    ) -> DiagnosedRowsView:  # fmt: skip
        """List the rows behind a bar: of a bin, a slice, a step, or where they meet; the newest first."""
        asked = resolved(actor, ref, (since, until), against, alert)
        wanted = RowsWanted(column=column, bin=bin, slice=slice, step=step, wrong=wrong, limit=limit)
        found = diagnoses.rows(actor, asked.question, wanted)
        return DiagnosedRowsView(
            asked=DiagnosisAsked.of(asked), columns=list(found.columns), rows=[list(row) for row in found.rows],
            truncated=found.truncated, sql=found.sql,
        )  # fmt: skip

    return routes


def _moment(text: str) -> datetime | None:
    found = parse_since(text)
    return None if found is None else found.astimezone(UTC)
