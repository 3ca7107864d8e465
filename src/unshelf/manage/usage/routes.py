"""Use over HTTP."""

import csv
import io
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Query
from fastapi.responses import Response

from unshelf.contracts.permissions import Permission
from unshelf.foundation.web.guard import CurrentActor, requires, requires_token
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter
from unshelf.manage.usage.prices import PriceService
from unshelf.manage.usage.schemas import (
    GroupCost,
    JobCost,
    PricesRequest,
    PricesView,
    ResourcePricesView,
    UsageAmountsView,
    UsageDay,
    UsageDays,
    UsageLineView,
    UsageReportView,
)
from unshelf.manage.usage.service import UsageService
from unshelf.manage.usage.usage import AMOUNTS, Grouping, PriceList, UsageAmounts, UsageReport, month_of, parse_month

_READ = [requires(Permission.PROJECT_READ, otherwise=Permission.USAGE_READ, anywhere=True)]
_SECONDS_A_DAY = 86_400
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
By = Annotated[Grouping, Query(description="What there is a line of; `what`: jobs, predictions, builds, …")]
OfMonth = Annotated[
    str | None, Query(max_length=7, description="The month, in UTC: `2026-11`. Unless given: this one.")
]
OfProject = Annotated[str | None, Query(max_length=64, description="Only this project.")]


def router(usage: UsageService, prices: PriceService) -> ApiRouter:
    """`/usage` and `/prices`."""
    routes = ApiRouter(tags=["usage"])
    _add_reports(routes, usage, prices)
    _add_costs(routes, usage, prices)
    _add_prices(routes, prices)
    return routes


def _add_reports(routes: ApiRouter, usage: UsageService, prices: PriceService) -> None:
    fails = problem_answers("not_found")

    @routes.get("/usage", responses=fails, dependencies=_READ)
    def show_usage(
        actor: CurrentActor, by: By = "project", month: OfMonth = None, project: OfProject = None
    ) -> UsageReportView:
        """Report what was used within a month and what it cost: of a project, or of all that one may see."""
        report = usage.report(actor, by=by, month=None if month is None else parse_month(month), project=project)
        return UsageReportView.model_validate(report)

    @routes.get("/usage/csv", responses=fails, dependencies=_READ, response_class=Response)
    def export_usage(
        actor: CurrentActor, by: By = "project", month: OfMonth = None, project: OfProject = None
    ) -> Response:
        """Report the same as CSV, a line a row, for charge-back."""
        report = usage.report(actor, by=by, month=None if month is None else parse_month(month), project=project)
        name = f"usage-{report.month}-by-{report.by}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(csv_of(report), media_type="text/csv; charset=utf-8", headers=headers)

    @routes.get("/usage/days", responses=fails, dependencies=_READ)
    def show_usage_by_day(
        actor: CurrentActor, by: By = "project", month: OfMonth = None, project: OfProject = None
    ) -> UsageDays:
        """Report what was billed day by day, for a chart."""
        wanted = None if month is None else parse_month(month)
        days = usage.by_day(actor, by=by, month=wanted, project=project)
        return UsageDays(
            month=str(wanted or month_of(datetime.now(UTC))),
            currency=prices.currency,
            days=[
                UsageDay(
                    day=datetime.fromtimestamp(day * _SECONDS_A_DAY, UTC).strftime("%Y-%m-%d"),
                    lines=[UsageLineView.model_validate(line) for line in lines],
                )
                for day, lines in days.items()
            ],
        )


def _add_costs(routes: ApiRouter, usage: UsageService, prices: PriceService) -> None:
    fails = problem_answers("not_found")

    @routes.get(
        "/usage/jobs/{id}",
        responses=fails,
        dependencies=[requires(Permission.JOBS_READ, anywhere=True, hides=True)],
    )
    def show_job_cost(id: str, actor: CurrentActor) -> JobCost:
        """Show what a job has used so far, and its cost."""
        amounts = usage.of_job(actor, id)
        copies, of_copies = usage.of_copies(actor, id)
        return JobCost(
            currency=prices.currency, amounts=UsageAmountsView.model_validate(amounts), copies=copies,
            with_copies=UsageAmountsView.model_validate(amounts.plus(of_copies)),
        )  # fmt: skip

    @routes.get(
        "/usage/sweeps/{id}",
        responses=fails,
        dependencies=[requires(Permission.JOBS_READ, anywhere=True, hides=True)],
    )
    def show_sweep_cost(id: str, actor: CurrentActor) -> GroupCost:
        """Show what the jobs of a sweep have used so far, and their cost."""
        return _group_cost(prices.currency, *usage.of_group(actor, "sweep", id))

    @routes.get(
        "/usage/pipeline-runs/{id}",
        responses=fails,
        dependencies=[requires(Permission.JOBS_READ, anywhere=True, hides=True)],
    )
    def show_pipeline_run_cost(id: str, actor: CurrentActor) -> GroupCost:
        """Show what the jobs of a run of a pipeline have used so far, and their cost."""
        return _group_cost(prices.currency, *usage.of_group(actor, "pipeline run", id))


def _group_cost(currency: str, jobs: int, amounts: UsageAmounts) -> GroupCost:
    return GroupCost(currency=currency, jobs=jobs, amounts=UsageAmountsView.model_validate(amounts))


def _add_prices(routes: ApiRouter, prices: PriceService) -> None:
    @routes.get("/prices", dependencies=[requires_token()])
    def show_prices() -> PricesView:
        """Show all prices: of tiers, and of resources for what runs on a tier without one."""
        return _prices_view(prices.list_all(), prices.foreign())

    @routes.patch("/prices", dependencies=[requires(Permission.QUOTAS_MANAGE)])
    def set_prices(wanted: PricesRequest, actor: CurrentActor) -> PricesView:
        """Change prices of resources. What was used until now keeps the price that it had."""
        changes = {name: price for name, price in wanted.model_dump().items() if price is not None}
        return _prices_view(prices.set(actor, changes), prices.foreign())


def _prices_view(found: PriceList, foreign: list[str]) -> PricesView:
    resources = ResourcePricesView.model_validate(found.resources)
    return PricesView(currency=found.currency, resources=resources, tiers=found.tiers, foreign=foreign)


def csv_of(report: UsageReport) -> str:
    """Return a report as CSV. Names that a spreadsheet would take for a formula begin with an apostrophe."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["month", "currency", report.by, "kind", "billed", *AMOUNTS])
    for line in [*report.billed, *report.unbilled]:
        amounts = asdict(line.amounts)
        billed = "yes" if line.is_billed else "no"
        rows.writerow([report.month, report.currency, _safe(line.name), line.what, billed, *amounts.values()])
    return text.getvalue()


def _safe(name: str) -> str:
    return f"'{name}" if name.startswith(_FORMULA) else name
