"""Judges how a model was served in a window: how many requests it had, how many failed, and how long answers took."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from statistics import median

from unshelf.contracts.problems import CODES
from unshelf.monitor.monitors.judging.verdict import LEAST_ROWS, MeasuredColumn, Verdict, not_judged, verdict_of
from unshelf.monitor.monitors.monitor import LENGTHS, Span, WindowLength
from unshelf.monitor.quality.shares import RowShare, chance_of_more

REFUSED = "refused"
"""The measure of requests that the model does not take, and the name of its own threshold among a monitor's."""
REFUSED_THRESHOLD = 0.2
_SERVER_ERRORS = 500
_NOT_FAILURES = frozenset({"paused"})
"""Codes that somebody meant the caller to get."""
_REFUSALS = frozenset({"malformed_request", "invalid_input", "unsupported_media_type", "body_too_large"})
_LEAST_ANSWERS = 200
_LEAST_HISTORY = 3
"""Fewer windows do not tell what is usual."""
_DEVIATIONS = 3.0
_NORMAL = 1.4826
"""A median absolute deviation times this is a standard deviation, where the distribution is the normal one."""
_DAYS_BACK = 28
_WEEKS_BACK = 8
_SATURDAY = 5


def judge_errors(
    requests: int, errors: Mapping[str, int], *, threshold: float, thresholds: Mapping[str, float], level: float
) -> Verdict:
    """Judge the shares of requests that failed, and that the model refused as not of its signature.

    `errors`: requests by the code of their problem. An alarm needs a share above the threshold that is more than chance where the
    true share is the threshold (binomial tail at `level`, for both together)."""
    if not requests:
        return not_judged("There were no requests in this window.", rows=0, threshold=threshold)
    failed = {code: count for code, count in errors.items() if _is_failure(code)}
    refused = {code: count for code, count in errors.items() if code in _REFUSALS}
    measured = []
    for measure, codes, limit in (
        ("failed", failed, threshold),
        (REFUSED, refused, thresholds.get(REFUSED, REFUSED_THRESHOLD)),
    ):
        share = RowShare(sum(codes.values()), requests)
        bad = share.value > limit and chance_of_more(share, limit) * 2 <= level
        named = ", ".join(
            f"{count} × {code}" for code, count in sorted(codes.items(), key=lambda pair: (-pair[1], pair[0]))
        )
        say = f"{share.value:.1%} of {requests} requests: {named}" if named else ""
        measured.append(
            MeasuredColumn(column="requests", measure=measure, value=share.value, threshold=limit, bad=bad, say=say)
        )
    return verdict_of(measured, rows=requests, threshold=threshold)


def judge_latency(answers: int, *, half_ms: float, slow_ms: float, threshold: float) -> Verdict:
    """Judge how long answers took: half of them `half_ms` at most, 95 % `slow_ms`.

    Of fewer than 200 answers too few are slow to judge by these: an alarm needs half of them to be slower than the threshold. Of 200, ten
    must be slower, which by chance happens less than once in 100,000 windows where one in a hundred is."""
    if answers < LEAST_ROWS:
        return not_judged(
            f"This window has {answers} answers; {LEAST_ROWS} are the least that can be judged.",
            rows=answers,
            threshold=threshold,
        )
    bad = (slow_ms if answers >= _LEAST_ANSWERS else half_ms) > threshold
    say = f"95% of {answers} answers took {slow_ms:.0f} ms at most, half of them {half_ms:.0f} ms" if bad else ""
    return verdict_of(
        [MeasuredColumn(column="latency_ms", measure="p95", value=slow_ms, threshold=threshold, bad=bad, say=say)], rows=answers,
        threshold=threshold,
    )  # fmt: skip


def judge_volume(requests: int, usual: Sequence[int], *, threshold: float, complete: bool) -> Verdict:
    """Judge whether there are many times more or fewer requests than in comparable windows, `usual`.

    The measure is the factor between the requests and the median of `usual`; beside that they must be three deviations away, by
    the median absolute deviation, and no less than by chance if requests came one by one (the root of the median).
    Source: F. Hampel, "The influence curve and its role in robust estimation", J. Am. Statist. Assoc. 69, 1974."""
    if len(usual) < _LEAST_HISTORY:
        return not_judged(
            f"{len(usual)} comparable windows are known; {_LEAST_HISTORY} are the least that tell what is usual.", rows=requests,
            threshold=threshold,
        )  # fmt: skip
    middle = float(median(usual))
    spread = max(_NORMAL * median(abs(each - middle) for each in usual), middle**0.5, 1.0)
    is_less = requests < middle
    if is_less and not complete:
        return not_judged("The window is not over: its requests may still come.", rows=requests, threshold=threshold)
    few, many = sorted((float(requests), middle))
    factor = many / max(few, 1.0)
    is_odd = abs(requests - middle) > _DEVIATIONS * spread and factor >= threshold
    bad = is_odd and (is_less or requests >= LEAST_ROWS)
    say = f"{requests} requests, where {middle:g} are usual" if bad else ""
    measure = "silence" if is_less else "burst"
    return verdict_of(
        [MeasuredColumn(column="requests", measure=measure, value=factor, threshold=threshold, bad=bad, say=say)], rows=requests,
        threshold=threshold,
    )  # fmt: skip


def usual_counts(counts: Mapping[datetime, int], window: Span, length: WindowLength, first: datetime) -> list[int]:
    """Return the requests of comparable windows before this one, since the first request of all.

    `counts`: requests by the beginning of each such window; one without is one without requests. An hour is held against the same hour
    of the same day of the week, or, where fewer than three of these are known, of other days, of a weekend or not as this one; a day
    against the same day of earlier weeks, a week against earlier weeks."""
    weekly = [window.since - timedelta(weeks=back) for back in range(1, _WEEKS_BACK + 1)]
    known = [moment for moment in weekly if moment >= first]
    if length == "hour":
        known = [moment for moment in known if window.since - moment <= timedelta(days=_DAYS_BACK)]
        if len(known) < _LEAST_HISTORY:
            daily = (window.since - timedelta(days=back) for back in range(1, _DAYS_BACK + 1))
            known = [each for each in daily if each >= first and _is_weekend(each) == _is_weekend(window.since)]
    return [counts.get(moment, 0) for moment in known]


def history_of(window: Span, length: WindowLength) -> datetime:
    """Return the moment from which on comparable windows are looked for."""
    return window.since - (timedelta(days=_DAYS_BACK) if length == "hour" else _WEEKS_BACK * LENGTHS["week"])


def _is_failure(code: str) -> bool:
    return CODES.get(code, _SERVER_ERRORS) >= _SERVER_ERRORS and code not in _NOT_FAILURES


def _is_weekend(moment: datetime) -> bool:
    return moment.weekday() >= _SATURDAY
