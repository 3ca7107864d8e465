"""Before and after: a column of a window beside that of its reference, in the same bins."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from unshelf.contracts.errors import NotFound
from unshelf.contracts.permissions import Permission
from unshelf.contracts.protocols.profiles import AnyProfile, TensorProfile, TextProfile
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.model_scopes import scope_of
from unshelf.foundation.database.engine import Database
from unshelf.monitor.drift.comparison import Compared, in_bins, parts_of
from unshelf.monitor.drift.measures import shares_of
from unshelf.monitor.monitors.judging.data_checks import change_in_words
from unshelf.monitor.monitors.judging.evaluation import WindowEvaluation, watched
from unshelf.monitor.monitors.monitor import Monitor, Span, check_moment, counted_size, window_at
from unshelf.monitor.monitors.service import MonitorService
from unshelf.monitor.monitors.window_index import WindowIndex
from unshelf.monitor.windows.by_count.storing import MOST_KEPT

MOST_BINS = 40
"""The bins that are shown: of more, those with the greatest shares, and one of all others."""
_TEXT_PARTS = ("length", "words")


@dataclass(frozen=True, kw_only=True)
class ComparedPart:
    """Shares of a column's values in bins, before and after."""

    name: str
    """The part of texts or tensors that is compared; empty: the values themselves."""
    labels: tuple[str, ...]
    reference: tuple[float, ...]
    """The share in each bin, 0 to 1."""
    window: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class ColumnBeforeAfter:
    """A column in a window and in the reference."""

    column: str
    since: datetime
    until: datetime
    version: int
    against: str
    """The reference, in a few words."""
    say: str
    """How it has changed, in a few words."""
    parts: tuple[ComparedPart, ...]


class ColumnComparisons:
    """Compares columns for people."""

    def __init__(self, database: Database, monitors: MonitorService, evaluation: WindowEvaluation) -> None:
        self._database = database
        self._monitors = monitors
        self._evaluation = evaluation

    def of(
        self, actor: Actor, model: str, name: str, *, column: str, since: datetime, version: int
    ) -> ColumnBeforeAfter:
        """Return a column of the window that `since` falls in. Raises NotFound where it, or what it is held against, is not known."""
        with self._database.read() as session:
            scope = scope_of(session, model)
            actor.must_see(scope)
            actor.must(Permission.RECORDS_READ, scope)
            monitor = self._monitors.find(session, model, name)
        if monitor.kind not in ("inputs", "outputs", "quality"):
            raise NotFound(
                f"The monitor {name!r} looks at no columns.", hint="Those of inputs, outputs and quality do."
            )
        check_moment(since)
        span = self._span(monitor, version, since)
        self._evaluation.forget_windows()
        window = self._evaluation.window(model, version, span, monitor.slice)
        reference, against = self._evaluation.reference(monitor, version, span)
        if window is None:
            raise NotFound(f"{model}:{version} had no requests in the window from {span.since:%Y-%m-%d %H:%M} UTC on.")
        if reference is None:
            raise NotFound(against)
        before = watched(monitor, reference).columns.get(column)
        after = watched(monitor, window.profile).columns.get(column)
        if before is None or after is None or type(before) is not type(after):
            where = "the reference" if before is None else "this window"
            raise NotFound(f"{where.capitalize()} has no column {column[:80]!a} that can be compared.")
        return ColumnBeforeAfter(
            column=column, since=span.since, until=span.until, version=version, against=against,
            say=change_in_words(before, after), parts=tuple(_parts(before, after)),
        )  # fmt: skip

    def _span(self, monitor: Monitor, version: int, since: datetime) -> Span:
        """Return the window of a moment. Raises NotFound for one of predictions that is not kept."""
        size = counted_size(monitor)
        if size is None:
            return window_at(since, monitor.window)
        with self._database.read() as session:
            closed = WindowIndex(self._database).closed(session, monitor.model, size)
        found = next((each.span for each in closed if each.version == version and each.span.since == since), None)
        if found is None:
            raise NotFound(
                f"The window of {size:,} predictions from {since:%Y-%m-%d %H:%M} UTC on is not kept any more.",
                hint=f"The last {MOST_KEPT} of a version are.",
            )
        return found


def _parts(before: AnyProfile, after: AnyProfile) -> list[ComparedPart]:
    pairs = parts_of(before, after)
    names: tuple[str, ...] = ("",) * len(pairs)
    if isinstance(before, TextProfile):
        names = _TEXT_PARTS
    elif isinstance(before, TensorProfile):
        names = ("mean", "deviation", *(f"projection {number}" for number in range(1, len(pairs))))
    return [_part(name, in_bins(*pair)) for name, pair in zip(names, pairs, strict=False)]


def _part(name: str, compared: Compared) -> ComparedPart:
    labels, before, after = compared.labels, shares_of(compared.reference), shares_of(compared.window)
    if len(labels) > MOST_BINS:
        ranked = np.argsort(-np.maximum(before, after)[:-1], kind="stable")
        shown, rest = ranked[: MOST_BINS - 1], ranked[MOST_BINS - 1 :]
        labels = [*(labels[place] for place in shown), "all others"]
        before, after = (np.append(each[shown], each[rest].sum() + each[-1]) for each in (before, after))
    return ComparedPart(
        name=name, labels=tuple(labels), reference=tuple(map(float, before)), window=tuple(map(float, after))
    )
