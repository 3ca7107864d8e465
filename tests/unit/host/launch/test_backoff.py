"""How long a version that keeps dying waits for its next start."""

from unshelf.host.launch.backoff import CrashLoopBackoff


class Clock:
    """A clock that a test moves."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def waits(guard: CrashLoopBackoff, deaths: int) -> list[float]:
    found = []
    for _ in range(deaths):
        guard.died(lived_seconds=0, reason="killed")
        found.append(guard.wait_seconds())
    return found


def test_two_early_deaths_are_forgiven_then_the_wait_doubles_up_to_a_minute() -> None:
    assert waits(CrashLoopBackoff(Clock()), 12) == [0, 0, 0.5, 1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_refusal_waits_at_once() -> None:
    guard = CrashLoopBackoff(Clock())
    guard.refused(reason="ValueError", log="traceback")
    assert guard.wait_seconds() == 0.5
    assert (guard.reason, guard.log) == ("ValueError", "traceback")


def test_the_wait_passes_and_a_longer_life_clears_the_record() -> None:
    clock = Clock()
    guard = CrashLoopBackoff(clock)
    waits(guard, 4)
    clock.now += 1
    assert guard.wait_seconds() == 0
    guard.died(lived_seconds=5, reason="killed")
    assert waits(guard, 3) == [0, 0, 0.5]


def test_a_worker_that_served_and_died_keeps_no_request_waiting() -> None:
    """Given a caller whose row ends the process again and again, then others get a new one at once; what nobody waits for comes
    ever more slowly."""
    clock = Clock()
    guard = CrashLoopBackoff(clock)
    asked, unasked = [], []
    for _ in range(6):
        guard.died(lived_seconds=0.3, reason="died with SIGSEGV")
        asked.append(round(guard.wait_seconds(), 3))
        unasked.append(round(guard.wait_seconds_unasked(), 3))
    assert asked == [0, 0, 0.05, 0.05, 0.05, 0.05]
    assert unasked == [0, 0, 0.5, 1, 2, 4]
    assert not guard.is_clean
    guard.died(lived_seconds=5, reason="killed")
    assert guard.is_clean
