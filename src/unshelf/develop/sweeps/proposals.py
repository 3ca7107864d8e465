"""Proposals of a search: the combination to try next, judged by those that were tried, by Optuna's tree-structured Parzen estimator.

A module of its own, loaded when the first search begins: the library takes most of a second to import."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState

from unshelf.develop.sweeps.space import Choices, Parameter, Space, Value

optuna.logging.set_verbosity(optuna.logging.WARNING)


@dataclass(frozen=True, kw_only=True)
class Tried:
    """A combination, and how it did."""

    parameters: dict[str, Value]
    state: Literal["running", "done", "failed"]
    value: float | None = None
    """The value that it reached; None: it runs, or failed."""


def propose(space: Space, tried: Sequence[Tried], *, maximize: bool, seed: int) -> dict[str, Value]:
    """Return the combination to try next. The same arguments give the same one.

    Those that run are taken for bad, so that what runs at once is spread out."""
    sampler = optuna.samplers.TPESampler(seed=seed + len(tried), constant_liar=True)
    study = optuna.create_study(direction="maximize" if maximize else "minimize", sampler=sampler)
    distributions = {name: _distribution(each) for name, each in space.parameters.items()}
    for each in tried:
        study.add_trial(_trial(each, space, distributions))
    asked = study.ask(distributions).params
    return {name: _plain(space.parameters[name], asked[name]) for name in space.parameters}


def _distribution(parameter: Parameter) -> BaseDistribution:
    if isinstance(parameter, Choices):
        # By their places: two equal values of different types would be one to the library.
        return CategoricalDistribution(range(len(parameter.values)))
    if parameter.whole:
        step = round(parameter.step or 1)
        low, high = round(parameter.low), round(parameter.high)
        return IntDistribution(low, high - (high - low) % step, log=parameter.log, step=step)
    return FloatDistribution(
        parameter.low, _last(parameter.low, parameter.high, parameter.step), log=parameter.log, step=parameter.step
    )


def _last(low: float, high: float, step: float | None) -> float:
    return high if step is None else low + int((high - low) / step + 1e-9) * step


def _trial(tried: Tried, space: Space, distributions: dict[str, BaseDistribution]) -> optuna.trial.FrozenTrial:
    states = {"running": TrialState.RUNNING, "done": TrialState.COMPLETE, "failed": TrialState.FAIL}
    params = {name: _inner(space.parameters[name], value) for name, value in tried.parameters.items()}
    return optuna.trial.create_trial(
        params=params, distributions=distributions, value=tried.value if tried.state == "done" else None,
        state=states[tried.state],
    )  # fmt: skip


def _inner(parameter: Parameter, value: Value) -> Value:
    if isinstance(parameter, Choices):
        return next(at for at, each in enumerate(parameter.values) if type(each) is type(value) and each == value)
    return value


def _plain(parameter: Parameter, value: Value) -> Value:
    if isinstance(parameter, Choices) and isinstance(value, int):
        return parameter.values[value]
    if isinstance(value, float) and not isinstance(parameter, Choices) and parameter.step is not None:
        return float(f"{value:.12g}")
    return value
