"""Ranking of the options: points for and against each, from the alert and the versions that there are. Pure.

The points are rules of thumb that a person can follow, not a model: each reason is shown with its points, and nothing else counts. A
problem that began within two days of a release is taken to come from it; one of the inputs is not, as the version before gets the same."""

import math
from collections.abc import Callable
from datetime import timedelta

from unshelf.contracts.permissions import Permission
from unshelf.monitor.decisions.option import CardOption, OptionName, ScoreReason
from unshelf.monitor.decisions.situation import Situation, VersionState
from unshelf.monitor.retraining.collection import COLLECTED_SINCE, dataset_for

AFTER_RELEASE = timedelta(days=2)
"""A problem that began within this time of a release is taken to come from it."""
INPUT_KINDS = frozenset({"inputs_drifted", "data_damaged"})
"""Kinds of alert that come from what callers send: every version gets the same."""
_PERFORMANCE_KINDS = frozenset({"performance_fell", "performance_low", "performance_estimated_low"})
DRIFT_KINDS = frozenset({"inputs_drifted", "outputs_drifted"}) | _PERFORMANCE_KINDS
"""Kinds that a model trained on later data answers."""
PROGRAM_KINDS = frozenset({"errors_high", "latency_high", "outputs_drifted"}) | _PERFORMANCE_KINDS
"""Kinds that come from what a version does."""
_FAR, _SLIGHT = 2.0, 1.25
"""How many times the threshold is far beyond it, and how many are barely."""
_ORDER: tuple[OptionName, ...] = ("rollback", "replace", "retrain", "collect", "update", "pause", "repair", "ignore")
Reasons = list[ScoreReason]


def rank_options(situation: Situation) -> list[CardOption]:
    """Return the options of a situation, the one that most speaks for first. There is always one: to ignore it."""
    makers: list[Callable[[Situation], list[CardOption]]] = [_repair, _ignore]
    if situation.model is not None and situation.advised != "repair":
        makers = [_rollback, _replace, _retrain, _collect, _update, _pause, _ignore]
        if situation.is_elsewhere:  # what its callers get is not decided here
            makers = [_retrain, _collect, _update, _ignore]
    elif situation.advised == "ignore":  # the platform has no fault: a budget is reached
        makers = [_ignore]
    found = [option for make in makers for option in make(situation)]
    return sorted(found, key=lambda option: (-option.score, _ORDER.index(option.name)))


def began_after_release(situation: Situation) -> bool:
    """Whether the problem began soon after the release changed: a window begins before the release that it shows."""
    released = situation.released_at
    return released is not None and released - situation.window <= situation.since <= released + AFTER_RELEASE


def _rollback(situation: Situation) -> list[CardOption]:
    model, current = situation.model, situation.current
    if not situation.before or model is None:
        return []
    target = max(situation.before, key=lambda share: share.percent).version
    reasons = [_for(20, "Going back takes a second, and is undone by releasing the version of now again.")]
    if began_after_release(situation):
        reasons.append(_for(35, f"It began {_ago(situation)} the release changed, so the release is a likely cause."))
    elif situation.released_at is not None:
        age = _days(situation.since - situation.released_at)
        reasons.append(_for(-15, f"It did not begin with a release: the one of now was {age} old then."))
    reasons += _fewer_failures(situation.find(target), current)
    if situation.kind in INPUT_KINDS:
        reasons.append(_for(-20, f"The inputs are to blame, and version {target} would get the same."))
    if situation.kind in PROGRAM_KINDS:
        reasons.append(_for(10, "It comes from what the version does, and another version does it differently."))
    reasons += _urgency(situation, 10)
    reasons += _advice(situation, "replace")
    return [
        CardOption(
            name="rollback", action="replace", title=f"Roll back to {_shares_words(situation)}",
            effect=f"{_shares_words(situation).capitalize()} takes the traffic again, at once.", reasons=tuple(reasons),
            command=f"unshelf rollback {model}", permission=Permission.MODEL_RELEASE,
        )
    ]  # fmt: skip


def _replace(situation: Situation) -> list[CardOption]:
    model, current = situation.model, situation.current
    before = {share.version for share in situation.before}
    others = [each for each in situation.versions if each.percent == 0 and not each.is_paused]
    options = []
    for each in others:
        if model is None or each.number in before:
            continue
        reasons = [_for(10, f"Version {each.number} is here, and takes the traffic in a second.")]
        if current is not None and each.number > current.number:
            reasons.append(_for(15, f"It is newer than version {current.number}."))
            if situation.kind in DRIFT_KINDS:
                reasons.append(_for(10, "It may have learned from later data."))
        if each.aliases:
            reasons.append(_for(10, f"Somebody named it {' and '.join(each.aliases)}."))
        reasons += _fewer_failures(each, current)
        if each.requests == 0:
            reasons.append(_for(-5, "Nobody called it in the last week: try it first."))
        reasons += _urgency(situation, 5)
        reasons += _advice(situation, "replace")
        options.append(
            CardOption(
                name="replace", action="replace", title=f"Release version {each.number}", version=each.number,
                effect=f"Version {each.number} gets all traffic; a rollback undoes it.", reasons=tuple(reasons),
                command=f"unshelf release {model} {each.number}", permission=Permission.MODEL_RELEASE,
            )
        )  # fmt: skip
    return sorted(options, key=lambda option: (-option.score, -(option.version or 0)))[:1]


def _retrain(situation: Situation) -> list[CardOption]:
    options = []
    for each in situation.retrainings:
        reasons = [*_new_version(situation), _for(15, f"The {each.kind} {each.name} makes one with one command.")]
        reasons.append(
            _for(-5, "It takes a run, a comparison and a release; callers get the answers of now until then.")
        )
        options.append(
            CardOption(
                name="retrain", action="update", title=f"Run the {each.kind} {each.name}", target=each.target,
                effect="A new version is made; it gets no traffic before it is released.", reasons=tuple(reasons),
                command=f"unshelf pipelines run {each.name}", permission=Permission.JOBS_RUN,
            )
        )  # fmt: skip
    return options


def _collect(situation: Situation) -> list[CardOption]:
    model = situation.model
    if model is None or situation.kind not in DRIFT_KINDS:
        return []
    which, flag = ("labelled predictions", "--labels") if situation.has_labels else ("predictions", "--no-labels")
    reasons = _new_version(situation)
    if situation.has_labels:
        reasons.append(_for(10, "Labels are known, so that a new version can learn from what was predicted."))
    else:
        reasons.append(_for(-15, "No label is known: the data has to be labelled before anything learns from it."))
    reasons.append(_for(-10, "It makes data, and no version yet."))
    return [
        CardOption(
            name="collect", action="update", title="Collect retraining data", target=dataset_for(model), reasons=tuple(reasons),
            effect=f"The {which} of the last 30 days become the next version of the dataset {dataset_for(model)}. Nothing else changes.",
            command=f"unshelf data from-predictions {model} {flag} --since {COLLECTED_SINCE}", permission=Permission.RECORDS_READ,
        )
    ]  # fmt: skip


def _update(situation: Situation) -> list[CardOption]:
    if situation.model is None:
        return []
    reasons = _new_version(situation)
    if not situation.retrainings and situation.kind in DRIFT_KINDS:
        reasons.append(_for(-5, "No pipeline deploys this model: the training has to be done by hand."))
    if situation.kind in ("errors_high", "latency_high"):
        reasons.append(_for(20, "A version without the fault ends it for good."))
    title, command = "Deploy a new version", f"unshelf deploy FOLDER --name {situation.model}"
    if situation.is_elsewhere:
        title = "Release a new version where it runs"
        command = f"unshelf models register {situation.model} --example FILE"
    return [
        CardOption(
            name="update", action="update", title=title, reasons=tuple(reasons),
            effect="You train or mend it yourself; this only notes that you chose to.",
            command=command, permission=Permission.MODEL_DEPLOY,
        )
    ]  # fmt: skip


def _pause(situation: Situation) -> list[CardOption]:
    model, current = situation.model, situation.current
    if model is None or situation.is_paused or not situation.live:
        return []
    reasons = [_for(5, "Nobody acts on a wrong answer while it is paused; resuming undoes it in a second.")]
    reasons += _urgency(situation, 25)
    rate = None if current is None else current.failure_rate
    if rate is not None and rate >= 0.5:
        reasons.append(_for(35, f"{_percent(rate)} of its requests fail anyway."))
    elif rate is not None and rate >= 0.05:
        reasons.append(_for(10, f"{_percent(rate)} of its requests fail."))
    if situation.kind == "data_damaged" and _is_far(situation):
        reasons.append(_for(15, "Answers on damaged inputs may be wrong, and look like any other."))
    reasons += _traffic_cost(situation)
    reasons += _advice(situation, "pause")
    return [
        CardOption(
            name="pause", action="pause", title=f"Pause {model}", reasons=tuple(reasons),
            effect="Callers get 503 until it is resumed.", command=f"unshelf pause {model}",
            permission=Permission.MODEL_RELEASE,
        )
    ]  # fmt: skip


def _repair(situation: Situation) -> list[CardOption]:
    reasons = [_for(50, "It is of the platform, and no version changes it."), *_urgency(situation, 25)]
    return [
        CardOption(
            name="repair", action="repair", title="Repair the platform", reasons=(*reasons, *_advice(situation, "repair")),
            effect="You do what the advice says; the alert ends when it is done.", command="unshelf doctor",
            permission=Permission.ALERTS_MANAGE,
        )
    ]  # fmt: skip


def _ignore(situation: Situation) -> list[CardOption]:
    reasons = [_for(15, "Nothing changes, and you hear of it again when it does.")]
    if situation.severity == "critical":
        reasons.append(_for(-25, "It is critical: predictions or records are lost, or wrong, now."))
    else:
        reasons.append(_for(10, "It is a warning."))
    if situation.ratio is not None and situation.ratio < _SLIGHT:
        reasons.append(_for(20, f"It is barely beyond its threshold: {situation.ratio:.2f} times."))
    elif _is_far(situation):
        reasons.append(_for(-15, f"It is far beyond its threshold: {situation.ratio:.1f} times."))
    if situation.requests_an_hour == 0:
        reasons.append(_for(10, "Nobody calls the model now."))
    if situation.kind == "volume_unusual":
        reasons.append(_for(15, "A holiday or a campaign changes the traffic with nothing being wrong."))
    if situation.ended_alone:
        times = "once" if situation.ended_alone == 1 else f"{situation.ended_alone} times"
        points = 10 if situation.ended_alone == 1 else 15
        reasons.append(_for(points, f"The same ended {times} in the last month without anybody's doing."))
    reasons += _advice(situation, "ignore")
    return [
        CardOption(
            name="ignore", action="ignore", title="Ignore it until it changes", reasons=tuple(reasons),
            effect="Nobody hears of it until it is more severe, in other columns, or a quarter further from its threshold.",
            command=f"unshelf alerts decide {situation.alert} ignore", permission=Permission.ALERTS_MANAGE,
        )
    ]  # fmt: skip


def _new_version(situation: Situation) -> Reasons:
    """Reasons for a new version, by hand or by a pipeline."""
    reasons: Reasons = []
    if situation.kind in DRIFT_KINDS:
        what = "inputs" if situation.kind == "inputs_drifted" else "outputs"
        what = "truth about the same inputs may have" if situation.kind in _PERFORMANCE_KINDS else f"{what} have"
        reasons.append(_for(30, f"The {what} changed: a version that learns from what comes now knows it."))
        if _is_far(situation):
            reasons.append(_for(10, f"The change is large: {situation.ratio:.1f} times the threshold."))
        elif situation.ratio is not None and situation.ratio < _SLIGHT:
            reasons.append(_for(-10, f"The change is small: {situation.ratio:.2f} times the threshold."))
        if situation.damaged:
            named = ", ".join(situation.damaged[:3])
            damage = f"The data of {named} is damaged, too: a version that learns from it would take that for true."
            reasons.append(_for(-30, damage))
        if began_after_release(situation):
            reasons.append(_for(-10, "It began with a release, which is looked at first."))
    elif situation.kind == "data_damaged":
        reasons.append(_for(-10, "A version that learns from damaged data would take the damage for true."))
    elif situation.kind not in ("errors_high", "latency_high", "volume_unusual"):
        reasons.append(_for(15, "A new version can change what the alert is about."))
    return [*reasons, *_advice(situation, "update")]


def _fewer_failures(other: VersionState | None, current: VersionState | None) -> Reasons:
    if other is None or current is None or other.failure_rate is None or current.failure_rate is None:
        return []
    mine, now = other.failure_rate, current.failure_rate
    say = f"{_percent(mine)} of its requests failed, of version {current.number}'s {_percent(now)}."
    if mine < now - max(0.005, now / 2):
        return [_for(25, say)]
    return [_for(-10, say)] if mine > now + 0.005 else []


def _urgency(situation: Situation, points: int) -> Reasons:
    return [_for(points, "It is critical, and this acts at once.")] if situation.severity == "critical" else []


def _advice(situation: Situation, action: str) -> Reasons:
    return [_for(10, "The monitor that found it recommends this.")] if situation.advised == action else []


def _traffic_cost(situation: Situation) -> Reasons:
    rate = situation.requests_an_hour
    if rate is None:
        return []
    if rate == 0:
        return [_for(5, "Nobody calls it now.")]
    return [_for(-min(30, round(10 * math.log10(1 + rate))), f"About {rate:,.0f} requests an hour would get 503.")]


def _is_far(situation: Situation) -> bool:
    return situation.ratio is not None and situation.ratio >= _FAR


def _for(points: int, say: str) -> ScoreReason:
    return ScoreReason(points=points, say=say)


def _shares_words(situation: Situation) -> str:
    return " and ".join(
        f"version {share.version}" + ("" if share.percent == 100 else f" ({share.percent:g} %)")
        for share in situation.before
    )


def _percent(rate: float) -> str:
    return f"{100 * rate:.3g} %"


def _ago(situation: Situation) -> str:
    assert situation.released_at is not None  # noqa: S101 -- asked only then
    apart = situation.since - situation.released_at
    return "as" if apart <= timedelta(hours=1) else f"{_days(apart)} after"


def _days(span: timedelta) -> str:
    hours = abs(span) / timedelta(hours=1)
    if hours < 48:
        return "an hour" if round(hours) <= 1 else f"{round(hours)} hours"
    return f"{round(hours / 24)} days"
