"""A search finds what a blind draw does not, and goes on from what was tried."""

from unshelf.develop.sweeps.proposals import Tried, propose
from unshelf.develop.sweeps.space import Space, Value, space_of

SPACE = space_of({"x": {"low": -10.0, "high": 10}, "kind": ["flat", "steep"], "n": {"low": 1, "high": 64, "log": True}})


def loss(parameters: dict[str, Value]) -> float:
    x, n = float(parameters["x"] or 0), int(parameters["n"] or 0)
    return (x - 3) ** 2 + abs(n - 8) / 8 + (0 if parameters["kind"] == "steep" else 20)


def search(space: Space, count: int, *, sign: int = 1) -> list[Tried]:
    tried: list[Tried] = []
    for _ in range(count):
        wanted = propose(space, tried, maximize=sign < 0, seed=5)
        tried.append(Tried(parameters=wanted, state="done", value=sign * loss(wanted)))
    return tried


def test_a_search_gets_closer_than_drawing_does() -> None:
    searched = min(loss(each.parameters) for each in search(SPACE, 60)[20:])
    drawn = sorted(loss(SPACE.draw(5, each)) for each in range(40))
    assert searched < drawn[0]


def test_maximizing_the_negative_is_minimizing() -> None:
    best = max(search(SPACE, 40, sign=-1), key=lambda each: each.value or 0)
    assert loss(best.parameters) < 10


def test_the_same_history_proposes_the_same_and_failures_and_runs_are_no_hindrance() -> None:
    tried = [*search(SPACE, 12), Tried(parameters=SPACE.draw(1, 1), state="failed")]
    first = propose(SPACE, tried, maximize=False, seed=5)
    assert propose(SPACE, tried, maximize=False, seed=5) == first
    running = [*tried, Tried(parameters=first, state="running")]
    assert propose(SPACE, running, maximize=False, seed=5) != first


def test_values_are_of_the_space_with_their_types() -> None:
    space = space_of(
        {
            "x": [1, 1.0, True, "1", None],
            "y": {"low": 0.1, "high": 0.5, "step": 0.1},
            "z": {"low": 1, "high": 10, "step": 4},
        }
    )
    tried: list[Tried] = []
    for _ in range(30):
        wanted = propose(space, tried, maximize=False, seed=1)
        assert any(type(wanted["x"]) is type(each) and wanted["x"] == each for each in (1, 1.0, True, "1", None))
        assert wanted["y"] in (0.1, 0.2, 0.3, 0.4, 0.5) and wanted["z"] in (1, 5, 9)
        tried.append(Tried(parameters=wanted, state="done", value=1.0))
