"""Weeks of traffic before today: records of predictions, back-dated, which only a platform of the demo's own gets.

The demo writes them as closed segments into the home folder that it made for the platform, where compaction finds them as it does those of
gateways. That takes the folder, which nobody else has: no address of a server, token or setting leads to it. The answers are those
of the models themselves; refusals are the platform's own."""

import math
import random
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from unshelf.cli.demo.full.stage import Stage
from unshelf.cli.demo.full.training import DemoTable, Training
from unshelf.cli.lazy import load
from unshelf.contracts.home import Home
from unshelf.contracts.problems import InputError, encode_problem, problem
from unshelf.contracts.records import MAGIC, SEGMENT_STAMP, SEGMENT_SUFFIX, Common, Own, encode_sheet, pack_scores

DAYS = 28
"""The days before today that have traffic."""
_DAY = 86_400.0
_OPEN, _CLOSED = 7.0, 20.0
"""The hours between which people call."""
_WEEKEND = 0.25
"""The share of a working day's calls that a day of a weekend has."""
_FRIDAY = 4
_ANSWERED = 200
_PEAK_HOURS = (12.0, 15.0)


@dataclass(frozen=True, kw_only=True)
class _Served:
    """A version, and from when on it got how much of the traffic by its model's name."""

    version: int
    model: Any
    since: int = 0
    """The day, counted from the first."""
    share: float = 1.0


@dataclass(frozen=True, kw_only=True)
class _Line:
    """The traffic of one model."""

    name: str
    key: str
    """The name of the API key."""
    table: DemoTable
    calls: int
    """On a working day."""
    served: tuple[_Served, ...]
    drift: Callable[[Any, int], list[int]] | None = None
    """The rows of the table that callers ask about on a day, where these change; None: all alike."""
    weekend: float = _WEEKEND
    """The share of a working day's calls that a day of a weekend has."""
    fails: float = 0.0
    """The share of calls at noon that find no room in time, in the last week."""
    has_scores: bool = False
    """Whether its versions record scores beside their answers."""


def fill(stage: Stage) -> str:
    """Write the past of a platform of the demo's own; others keep theirs."""
    if stage.home is None:
        return "none: only a platform that the demo started gets one"
    training: Training = load("unshelf.cli.demo.full.sklearn_models:train")()
    keys = {key["name"]: key["id"] for key in stage.admin.keys()}  # noqa: SIM118 - no dictionary
    predictions = Home(stage.home).predictions
    records, begin = 0, math.floor(time.time() / _DAY) * _DAY - DAYS * _DAY
    for day in range(DAYS):
        sheets = [
            sheet for line in _lines(training) for sheet in _day_of(line, day, begin + day * _DAY, keys[line.key])
        ]
        records += sum(len(own) for _, own in sheets)
        _write(predictions, begin + (day + 1) * _DAY - 1, sheets)
    return f"{records} predictions on {DAYS} days"


def _lines(training: Training) -> Iterator[_Line]:
    yield _Line(
        name="credit-default", key="branch-office", table=training.loans, calls=140, has_scores=True,
        served=(
            _Served(version=1, model=training.default_simple),
            _Served(version=2, model=training.default_forest, since=DAYS - 5, share=0.2),
        ),
    )  # fmt: skip
    yield _Line(
        name="next-offer", key="marketing", table=training.customers, calls=90, fails=0.2,
        served=(_Served(version=1, model=training.offer),),
    )  # fmt: skip
    yield _Line(
        name="diabetes-progression", key="ward-round", table=training.patients, calls=60, drift=_heavier, weekend=1.0,
        served=(
            _Served(version=1, model=training.progress_linear),
            _Served(version=2, model=training.progress_forest, since=DAYS // 2),
        ),
    )  # fmt: skip


def _heavier(frame: Any, day: int) -> list[int]:
    """From the middle of the time on, callers ask ever more about the third of the patients with the highest body mass index."""
    places = list(range(len(frame)))
    late = max(0, day - DAYS // 2)
    heavy = sorted(places, key=lambda place: float(frame["bmi"].iloc[place]))[2 * len(places) // 3 :]
    return places + heavy * late


def _day_of(line: _Line, day: int, midnight: float, key: str) -> list[tuple[Common, list[Own]]]:
    """The records of one day, by what they have in common."""
    chance = random.Random(f"{line.name} {day}")  # noqa: S311 - no secret is made of it
    weekday = time.gmtime(midnight).tm_wday
    calls = round(line.calls * (line.weekend if weekday > _FRIDAY else 1.0) * chance.uniform(0.85, 1.15))
    asked = line.drift(line.table.frame, day) if line.drift else list(range(len(line.table.frame)))
    moments = sorted(midnight + 3600 * chance.triangular(_OPEN, _CLOSED, 11.0) for _ in range(calls))
    places = [chance.choice(asked) for _ in moments]
    served = [_chosen(line.served, day, chance) for _ in moments]
    sheets: dict[Common, list[Own]] = {}
    for version in line.served:
        mine = [place for place, each in zip(places, served, strict=True) if each is version]
        outputs = iter(version.model.predict(line.table.frame.iloc[mine]).tolist() if mine else [])
        scores = iter(
            version.model.predict_proba(line.table.frame.iloc[mine]).tolist() if mine and line.has_scores else []
        )
        for moment, place, each in zip(moments, places, served, strict=True):
            if each is version:
                common, own = _record(line, version.version, next(outputs), line.table.frame.iloc[place].to_dict(),
                                      moment=moment, key=key, chance=chance, is_late=_is_late(line, day, moment),
                                      scores=next(scores, None))  # fmt: skip
                sheets.setdefault(common, []).append(own)
    return list(sheets.items())


def _is_late(line: _Line, day: int, moment: float) -> bool:
    hour = moment % _DAY / 3600
    return line.fails > 0 and day >= DAYS - 7 and _PEAK_HOURS[0] <= hour < _PEAK_HOURS[1]


def _chosen(served: Iterable[_Served], day: int, chance: random.Random) -> _Served:
    """The version that answers a call: the latest that was out by then, as often as its share says."""
    first, *later = served
    chosen = first
    for each in later:
        if day >= each.since and chance.random() < each.share:
            chosen = each
    return chosen


def _record(
    line: _Line, version: int, output: Any, row: dict[str, Any], *, moment: float, key: str, chance: random.Random, is_late: bool,
    scores: list[float] | None = None,
) -> tuple[Common, Own]:  # fmt: skip
    """One record: mostly an answer; at times a row that the signature does not take, or a call that found no room."""
    status, code, body, predict_us = 200, "", msgspec.json.encode([output]), round(chance.lognormvariate(6.2, 0.25))
    if is_late and chance.random() < line.fails:
        status, code, predict_us = 503, "overloaded", 0
        body = encode_problem(
            problem(code, f"All workers of {line.name}:{version} are busy.", hint="Send it again in a moment.")
        )
    elif chance.random() < 0.01:
        column = next(iter(row))
        row, status, code, predict_us = {**row, column: "not known"}, 422, "invalid_input", 0
        fault = InputError(row=0, column=column, expected="float64", got="text")
        body = encode_problem(problem(code, "1 value does not fit the signature.", errors=[fault]))
    queue_us = round(chance.lognormvariate(4.2, 0.5))
    common = Common(
        model=line.name, version=version, reference=line.name, protocol="native", key=key, content_type="application/json",
        status=status, code=code, predict_us=predict_us, batch_rows=1 if predict_us else 0, attempts=1 if predict_us else 0, generation=0,
    )  # fmt: skip
    own = Own(
        id=_id_at(moment, chance), time_ns=round(moment * 1e9), latency_us=predict_us + queue_us + 300, queue_us=queue_us,
        input=msgspec.json.encode({"inputs": [row]}), output=body, scores=pack_scores([scores]) if scores and status == _ANSWERED else b"",
    )  # fmt: skip
    return common, own


def _id_at(moment: float, chance: random.Random) -> str:
    """A prediction's id: milliseconds, and numbers that no other has."""
    return (round(moment * 1000) << 64 | chance.getrandbits(64)).to_bytes(14, "big").hex()


def _write(folder: Path, ended: float, sheets: Iterable[tuple[Common, list[Own]]]) -> None:
    """Write a segment that was closed at a moment. It has its name only once it is complete."""
    name = f"{time.strftime(SEGMENT_STAMP, time.gmtime(ended))}{0:09d}-0-{secrets.token_hex(4)}{SEGMENT_SUFFIX}"
    unnamed = folder / f".{name}"
    unnamed.write_bytes(MAGIC + b"".join(encode_sheet(common, own) for common, own in sheets))
    unnamed.chmod(0o600)
    unnamed.rename(folder / name)
