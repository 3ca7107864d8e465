"""The step that holds a candidate against the present version on held-out data."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from unshelf.contracts.errors import InvalidInput, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.contracts.protocols.data import DataFormat
from unshelf.contracts.references import InvalidReference, Reference, parse_data_reference
from unshelf.deploy.checks.asking import Predict, ask_rows
from unshelf.deploy.checks.quality import NotComparable, quality_of
from unshelf.deploy.checks.rows import fit_rows, json_rows, take_label
from unshelf.deploy.pipeline_steps.arguments import argument, reference_argument
from unshelf.deploy.registry.values import InspectedModel
from unshelf.develop.data.service import DataService
from unshelf.develop.datasets.service import DatasetService
from unshelf.develop.pipelines.run import StepOrder, StepOutcome
from unshelf.develop.pipelines.values import LeftFiles
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.model_scopes import ModelScopes

MOST_ROWS = 100_000
_USUAL_ROWS = 10_000
_SECONDS = 1800.0
_USUAL = {"classes": "accuracy", "scores": "auc", "numbers": "root_mean_squared_error"}
_HIGHER = frozenset({"accuracy", "mean_recall", "auc", "r2"})
_LOWER = frozenset({"brier", "mean_absolute_error", "root_mean_squared_error"})
REQUIRED = ("nothing", "better", "not_worse")


class ComparingStep:
    """Asks both versions for the same rows, with the purpose `backtest`, and keeps the figures of both."""

    def __init__(
        self, *, inspect: Callable[[str], InspectedModel], predict: Predict, scopes: ModelScopes, data: DataService,
        datasets: DatasetService,
    ) -> None:  # fmt: skip
        self._inspect = inspect
        self._predict = predict
        self._scopes = scopes
        self._data = data
        self._datasets = datasets

    def begin(self, actor: Actor, order: StepOrder) -> StepOutcome:
        """Compare. Raises InvalidInput for data that can't be compared on, Unavailable when no gateway answers."""
        arguments = order.arguments
        candidate = self._version(actor, reference_argument(arguments, "candidate"))
        current = self._current(actor, arguments, candidate)
        required = argument(arguments, "require", str, "nothing")
        if required not in REQUIRED:
            raise InvalidInput(f"`require` is one of {', '.join(REQUIRED)}, got {required[:40]!a}.")
        rows = self._rows(actor, arguments)
        labels = take_label(rows, argument(arguments, "label", str))
        member = argument(arguments, "output", str, "")
        sides = {"candidate": candidate, **({} if current is None else {"current": current})}
        figures = {side: self._figures(actor, each, rows, labels, member) for side, each in sides.items()}
        return _verdict(figures, sides, required=required, arguments=arguments, rows=len(rows))

    def look(self, _session: Session, _facts: Mapping[str, Any]) -> StepOutcome | None:
        """Return None: `begin` does all of it."""
        return None

    def cancel(self, actor: Actor | None, facts: Mapping[str, Any]) -> None:
        """Do nothing: nobody gets what comes of it."""

    def _version(self, actor: Actor, reference: Reference) -> InspectedModel:
        scope = self._scopes.of(reference.name)
        actor.must_see(scope)
        actor.must(Permission.MODEL_CHECK, scope)
        return self._inspect(str(reference))

    def _current(self, actor: Actor, arguments: Mapping[str, Any], candidate: InspectedModel) -> InspectedModel | None:
        """Return the version that is held against: the one named, else the live one; None: the candidate is alone."""
        if arguments.get("current") is not None:
            return self._version(actor, reference_argument(arguments, "current"))
        shares = [share for share in candidate.release if share.version != candidate.version.number]
        if not shares:
            return None
        live = max(shares, key=lambda share: share.percent)
        try:
            return self._inspect(str(Reference(candidate.name, version=live.version)))
        except NotFound:
            return None

    def _rows(self, actor: Actor, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
        most = argument(arguments, "rows", int, _USUAL_ROWS)
        if not 1 <= most <= MOST_ROWS:
            raise InvalidInput(f"A comparison takes 1 to {MOST_ROWS} rows, got {most}.")
        given = arguments["data"]
        if isinstance(given, LeftFiles):
            found = self._datasets.rows_of(given.files, "parquet" if given.is_table else _format_of(given), rows=most)
        else:
            try:
                reference = parse_data_reference(argument(arguments, "data", str))
            except InvalidReference as error:
                raise InvalidInput(f"{error}.") from None
            found = self._data.rows(actor, reference, rows=most)
        rows = json_rows(found.chunks())
        if not rows:
            raise InvalidInput("The data to compare on have no rows.")
        return rows

    def _figures(
        self, actor: Actor, version: InspectedModel, rows: Sequence[dict[str, Any]], labels: Sequence[Any], member: str
    ) -> dict[str, Any]:
        asked: list[Any] = [dict(row) for row in rows]
        fit_rows(asked, version)
        name = str(Reference(version.name, version=version.version.number))
        if version.version.manifest.output == "table":
            raise InvalidInput(f"{name} answers all rows as one, which no label of a row is held against.")
        outcomes = ask_rows(self._predict, actor.label, name, asked, whole=False, seconds=_SECONDS, purpose="backtest")
        if outcomes.failures:
            first = outcomes.failures[0]
            failed = sum(outcomes.failed.values())
            raise InvalidInput(
                f"{name} did not answer {failed} of {len(asked)} rows; row {first.row}: {first.code}, {first.detail}"
            )
        if len(outcomes.outputs) < len(asked):
            raise InvalidInput(
                f"{name} answered {len(outcomes.outputs)} rows in {_SECONDS:g} seconds.", hint="Give fewer `rows`."
            )
        try:
            quality = quality_of(labels, [outcomes.outputs[place] for place in range(len(asked))], member)
        except NotComparable as error:
            raise InvalidInput(f"{name}: {error}") from None
        return {"kind": quality.kind, "rows": quality.rows, **quality.figures}


def _verdict(
    figures: Mapping[str, Mapping[str, Any]], sides: Mapping[str, InspectedModel], *, required: str,
    arguments: Mapping[str, Any], rows: int,
) -> StepOutcome:  # fmt: skip
    mine = figures["candidate"]
    metric = argument(arguments, "metric", str, _USUAL[mine["kind"]])
    if metric not in mine or metric not in _HIGHER | _LOWER:
        known = [name for name in mine if name in _HIGHER | _LOWER]
        raise InvalidInput(
            f"The versions can't be compared by {metric[:40]!a}.", hint=f"Figures here: {', '.join(known)}."
        )
    value: dict[str, Any] = {
        "metric": metric, "higher_is_better": metric in _HIGHER, "rows": rows,
        "candidate": {"version": _name(sides["candidate"]), **mine}, "current": None, "gain": None, "better": True,
    }  # fmt: skip
    said = f"{_name(sides['candidate'])} has {metric} {mine[metric]:.6g}"
    if "current" not in figures:
        return _outcome("succeeded", f"{said}; no version is live to compare it with.", value)
    theirs = figures["current"]
    if metric not in theirs:
        raise InvalidInput(f"{_name(sides['current'])} answers with another kind of output, which has no {metric}.")
    tolerance = argument(arguments, "tolerance", float, 0.0)
    gain = (mine[metric] - theirs[metric]) * (1 if metric in _HIGHER else -1)
    value |= {"current": {"version": _name(sides["current"]), **theirs}, "gain": gain, "better": gain > 0}
    said = f"{said}, {_name(sides['current'])} {theirs[metric]:.6g}, on {rows} rows."
    is_enough = {"nothing": True, "better": gain > tolerance, "not_worse": gain >= -tolerance}[required]
    return _outcome("succeeded" if is_enough else "rejected", said, value)


def _format_of(given: LeftFiles) -> DataFormat:
    """Return the format of files by their names. Raises InvalidInput."""
    endings = {file.path.rpartition(".")[2].lower() for file in given.files}
    if endings == {"parquet"}:
        return "parquet"
    if endings == {"csv"}:
        return "csv"
    raise InvalidInput(
        "The data to compare on are no table.", hint="Return a data frame, a Parquet file or a CSV file."
    )


def _outcome(state: Any, said: str, value: dict[str, Any]) -> StepOutcome:
    return StepOutcome(state=state, reason=said, facts={"comparison": value, "value": value})


def _name(version: InspectedModel) -> str:
    return str(Reference(version.name, version=version.version.number))
