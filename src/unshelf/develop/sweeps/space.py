"""Search spaces: which values each parameter of a sweep may take."""

import itertools
import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from unshelf.contracts.errors import InvalidInput

Value = str | int | float | bool | None
MOST_PARAMETERS = 50
MOST_CHOICES = 1000
MOST_TRIALS = 10_000
_HINT = 'A list of values, such as [3, 5, 7], or {low, high}, with step or log, such as {"low": 0.001, "high": 1, "log": true}.'


@dataclass(frozen=True, kw_only=True)
class Choices:
    """A parameter that is one of some values."""

    values: tuple[Value, ...]


@dataclass(frozen=True, kw_only=True)
class Range:
    """A parameter that is a number between two, both included."""

    low: float
    high: float
    whole: bool
    """Whether it is an integer."""
    step: float | None = None
    log: bool = False
    """Whether 0.001 to 0.01 is as wide as 0.1 to 1."""

    def values(self) -> list[Value] | None:
        """Return all that it may be; None: there is no end of them."""
        step = self.step or (1 if self.whole and not self.log else None)
        if step is None:
            return None
        count = math.floor((self.high - self.low) / step + 1e-9) + 1
        if count > MOST_CHOICES:
            return None
        # One rounding an element, so that 0.1 to 0.3 by 0.1 is 0.3 at its end, not 0.30000000000000004.
        values = [self.low + each * step for each in range(count)]
        return [round(each) for each in values] if self.whole else [float(f"{each:.12g}") for each in values]


Parameter = Choices | Range


@dataclass(frozen=True)
class Space:
    """The parameters of a sweep, by name."""

    parameters: Mapping[str, Parameter]

    def grid(self) -> Iterator[dict[str, Value]]:
        """Yield each combination, the last parameter changing first. Raises InvalidInput where there is no end of them."""
        lists = []
        for name, parameter in self.parameters.items():
            values = list(parameter.values) if isinstance(parameter, Choices) else parameter.values()
            if values is None:
                raise InvalidInput(
                    f"The grid has no end: {name!a} may be any number.", hint="Give it a step, or a list of values."
                )
            lists.append(values)
        if (size := math.prod(map(len, lists))) > MOST_TRIALS:
            raise InvalidInput(
                f"The grid has {size} combinations; {MOST_TRIALS} is the most.", hint="Draw at random, or search."
            )
        return (dict(zip(self.parameters, each, strict=True)) for each in itertools.product(*lists))

    def draw(self, seed: int, number: int) -> dict[str, Value]:
        """Draw a combination at random. The same seed and number draw the same one."""
        source = random.Random(f"{seed}/{number}")  # noqa: S311 -- nobody is harmed by who guesses it
        return {name: _draw(source, parameter) for name, parameter in self.parameters.items()}


def space_of(raw: Mapping[str, Any]) -> Space:
    """Read a search space as people write it. Raises InvalidInput, which names the parameter."""
    if not raw:
        raise InvalidInput("A sweep needs at least one parameter.", hint=_HINT)
    if len(raw) > MOST_PARAMETERS:
        raise InvalidInput(f"A sweep has {MOST_PARAMETERS} parameters at most.")
    return Space({name: _parameter_of(name, wanted) for name, wanted in raw.items()})


def _parameter_of(name: str, raw: Any) -> Parameter:
    if isinstance(raw, list):
        return _choices_of(name, raw)
    if isinstance(raw, Mapping):
        return _range_of(name, raw)
    raise InvalidInput(f"The values of {name[:80]!a} can't be read.", hint=_HINT)


def _choices_of(name: str, raw: list[Any]) -> Choices:
    if not 1 <= len(raw) <= MOST_CHOICES:
        raise InvalidInput(f"{name[:80]!a} needs 1 to {MOST_CHOICES} values, got {len(raw)}.")
    if not all(each is None or isinstance(each, str | int | float | bool) for each in raw):
        raise InvalidInput(f"A value of {name[:80]!a} is neither text, number, true, false nor null.", hint=_HINT)
    # 1 and 1.0 and true are equal to Python, and different values to a program.
    if len({(type(each), each) for each in raw}) < len(raw):
        raise InvalidInput(f"{name[:80]!a} has the same value twice.")
    return Choices(values=tuple(raw))


def _range_of(name: str, raw: Mapping[str, Any]) -> Range:
    unknown = sorted(set(raw) - {"low", "high", "step", "log"})
    if unknown or not {"low", "high"} <= set(raw):
        what = f"has {unknown[0]!a}, which means nothing" if unknown else "needs low and high"
        raise InvalidInput(f"The range of {name[:80]!a} {what}.", hint=_HINT)
    low, high, step, log = raw["low"], raw["high"], raw.get("step"), raw.get("log", False)
    numbers = [low, high] if step is None else [low, high, step]
    if not all(_is_number(each) for each in numbers) or not isinstance(log, bool):
        raise InvalidInput(f"The range of {name[:80]!a} is not made of finite numbers.", hint=_HINT)
    if low >= high:
        raise InvalidInput(f"The range of {name[:80]!a} is empty: {low} is not below {high}.")
    if step is not None and (step <= 0 or log):
        raise InvalidInput(f"The range of {name[:80]!a} needs a step above 0, and none with log.")
    if log and low <= 0:
        raise InvalidInput(f"The range of {name[:80]!a} begins above 0 where it is logarithmic.")
    return Range(low=low, high=high, whole=all(isinstance(each, int) for each in numbers), step=step, log=log)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 2.0**53


def _draw(source: random.Random, parameter: Parameter) -> Value:
    if isinstance(parameter, Choices):
        return source.choice(parameter.values)
    if parameter.step is not None:
        values = parameter.values()
        if values is not None:
            return source.choice(values)
    if parameter.log:
        drawn = math.exp(source.uniform(math.log(parameter.low), math.log(parameter.high)))
        drawn = min(max(drawn, parameter.low), parameter.high)
        return round(drawn) if parameter.whole else drawn
    if parameter.whole:
        return source.randrange(round(parameter.low), round(parameter.high) + 1, round(parameter.step or 1))
    drawn = source.uniform(parameter.low, parameter.high)
    if parameter.step is None:
        return drawn
    return parameter.low + math.floor((drawn - parameter.low) / parameter.step) * parameter.step
