"""Turns: few for each, and not many for all."""

from contextlib import ExitStack

import pytest

from unshelf.contracts.errors import TooManyRequests
from unshelf.deploy.trying.turns import AT_ONCE, OF_ONE, TryTurns


def test_turns_are_few_and_come_back() -> None:
    turns = TryTurns()
    with ExitStack() as held:
        for _ in range(OF_ONE):
            held.enter_context(turns.turn("ana"))
        with pytest.raises(TooManyRequests), turns.turn("ana"):
            pass
        for number in range(AT_ONCE - OF_ONE):
            held.enter_context(turns.turn(f"other {number}"))
        with pytest.raises(TooManyRequests), turns.turn("ben"):
            pass
    with turns.turn("ana"):
        pass
