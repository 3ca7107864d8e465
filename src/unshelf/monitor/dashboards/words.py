"""Words: what a model did in a range of time, in sentences that need no chart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from unshelf.monitor.dashboards.dashboard import ColumnState, Moment, ReferenceState
from unshelf.monitor.windows.window import WindowFacts

_MOST_NAMES = 3
_MANY_FAILED = 0.01
_LEAST_FOR_A_CHANGE = 20
"""Requests before, below which a change in percent says nothing."""
_MILLISECONDS = 1000.0
_TIMES = 1.0
"""A change from which on it is said as times."""


@dataclass(frozen=True, kw_only=True)
class SummaryFacts:
    """Facts that sentences are made of."""

    name: str
    since: datetime
    until: datetime
    facts: WindowFacts
    requests_before: int | None
    columns: Sequence[ColumnState]
    reads_records: bool
    reference: ReferenceState
    moments: Sequence[Moment]
    prediction: str | None
    """The output that is the answer."""
    latest: datetime | None


def sentences(about: SummaryFacts) -> tuple[str, ...]:
    """Return the sentences, the most important first."""
    if about.latest is None:
        return (f"{about.name} has not been asked for anything yet.",)
    if not about.facts.requests:
        return (f"{about.name} was asked for nothing in {span(about.since, about.until)}.",)
    found = [
        _traffic(about),
        _failures(about.facts),
        _speed(about.facts),
        *_drift(about),
        _answers(about),
        _changes(about.moments),
    ]
    return tuple(each for each in found if each)


def span(since: datetime, until: datetime) -> str:
    """Return a range as `24 hours` or `7 days`."""
    length = until - since
    if length < timedelta(days=2):
        hours = max(1, round(length / timedelta(hours=1)))
        return "1 hour" if hours == 1 else f"{hours} hours"
    return f"{round(length / timedelta(days=1))} days"


def duration(milliseconds: float) -> str:
    """Return a time as people say it: `0.42 ms`, `120 ms`, `1.5 s`."""
    if milliseconds >= _MILLISECONDS:
        return f"{milliseconds / _MILLISECONDS:.3g} s"
    return f"{milliseconds:.3g} ms" if milliseconds < 100 else f"{milliseconds:.0f} ms"


def share(part: float) -> str:
    """Return a share in percent, with as many digits as it needs."""
    percent = part * 100
    if 0 < percent < 0.1:
        return "less than 0.1 %"
    return f"{percent:.1f} %" if percent < 10 else f"{percent:.0f} %"


def listed(names: Sequence[str]) -> str:
    """Return names as a sentence has them; of many the first ones and how many more there are."""
    if len(names) > _MOST_NAMES + 1:
        return f"{', '.join(names[:_MOST_NAMES])} and {len(names) - _MOST_NAMES} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _traffic(about: SummaryFacts) -> str:
    requests, before = about.facts.requests, about.requests_before
    asked = f"{about.name} was asked {_times(requests)} in {span(about.since, about.until)}"
    if about.facts.rows > about.facts.answered:
        asked += f", for {about.facts.rows:,} rows"
    if before is None or before < _LEAST_FOR_A_CHANGE:
        return f"{asked}."
    change = requests / before - 1
    if change >= _TIMES:
        return f"{asked}, {requests / before:.0f} times as often as in the time before."
    if abs(change) < 0.05:
        return f"{asked}, about as often as in the time before."
    return f"{asked}, {share(abs(change))} {'more' if change > 0 else 'less'} than in the time before."


def _failures(facts: WindowFacts) -> str:
    if not facts.failed:
        return "Every request was answered."
    code, count = max(facts.errors.items(), key=lambda pair: (pair[1], pair[0]))
    which = f"all of them `{code}`" if count == facts.failed else f"mostly `{code}` ({count:,})"
    many = f"{counted(facts.failed)} ({share(facts.failed / facts.requests)})"
    if facts.refused == facts.failed:
        return f"{many} {_were(facts.failed)} refused for a fault of the caller's, {which}."
    refused = f"; {facts.refused:,} of these were refused for a fault of the caller's" if facts.refused else ""
    return f"{many} {_were(facts.failed)} not answered, {which}{refused}."


def _speed(facts: WindowFacts) -> str:
    if (
        facts.latency is None or facts.latency.p99 <= 0
    ):  # records of a model that runs elsewhere need not say how long it took
        return ""
    return f"Half of the answers took less than {duration(facts.latency.p50)}, 99 % less than {duration(facts.latency.p99)}."


def _drift(about: SummaryFacts) -> list[str]:
    if not about.reads_records:
        return []
    reference = about.reference
    if reference.kind is None:
        return [
            f"Nothing can be compared yet: the first {reference.first_wanted:,} requests become the reference, of which there are "
            f"{reference.first_requests:,}; with a baseline at the deploy it would be the training data."
        ]
    what = "the training data" if reference.kind == "baseline" else f"the first {reference.rows:,} rows"
    judged = [column for column in about.columns if column.side == "input" and column.drift is not None]
    drifted = [column.name for column in judged if column.drift is not None and column.drift.drifted]
    if not judged:
        return []
    if not drifted:
        return [f"The inputs look like {what}."]
    verb = "is" if len(drifted) == 1 else "are"
    return [f"{listed(drifted)} {verb} no longer like {what} ({len(drifted)} of {len(judged)} inputs)."]


def _answers(about: SummaryFacts) -> str:
    column = next((each for each in about.columns if each.side == "output" and each.name == about.prediction), None)
    if column is None or not column.now.rows:
        return ""
    now, before = column.now, column.before
    if now.top:
        value, count = now.top[0]
        said = f"The most frequent answer was {value!r}: {share(count / max(1, now.rows - now.gaps))}"
        known: Mapping[str, int] = {} if before is None else dict(before.top)
        if before is not None and value in known and before.rows > before.gaps:
            return f"{said}; in the reference it was {share(known[value] / (before.rows - before.gaps))}."
        return f"{said}."
    if now.p50 is None or now.p10 is None or now.p90 is None:
        return ""
    said = f"The middle answer was {now.p50:.3g}, and eight of ten lay between {now.p10:.3g} and {now.p90:.3g}"
    return (
        f"{said}; in the reference the middle was {before.p50:.3g}."
        if before is not None and before.p50 is not None
        else f"{said}."
    )


def _changes(moments: Sequence[Moment]) -> str:
    released = [each for each in moments if each.action.startswith("release.")]
    if not released:
        return ""
    last = released[-1]
    return f"{last.say}, since {last.time:%-d %B %H:%M} UTC."


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def is_failing(facts: WindowFacts) -> bool:
    """Whether so large a share of requests failed that somebody should look; those that were refused for a fault of the caller's are
    no failure of the model."""
    return facts.requests > 0 and (facts.failed - facts.refused) / facts.requests >= _MANY_FAILED


def counted(requests: int) -> str:
    """Return a number of requests as a sentence has it."""
    return "1 request" if requests == 1 else f"{requests:,} requests"


def _were(count: int) -> str:
    return "was" if count == 1 else "were"
