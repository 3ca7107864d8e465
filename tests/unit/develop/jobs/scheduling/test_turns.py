"""Places are shared out among projects, then people; a large job is not passed by for ever."""

from datetime import UTC, datetime, timedelta

from unshelf.contracts.tiers import TIERS
from unshelf.develop.jobs.launcher import Capacity
from unshelf.develop.jobs.scheduling.turns import Room, Taking, Waiting, choose, in_turn

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def waiting(id: str, project: str = "risk", actor: str = "ana", tier: str = "small", **facts: int) -> Waiting:
    waited = timedelta(seconds=facts.pop("waited", 0))
    return Waiting(
        id=id, project=project, actor=actor, tier=tier, priority=facts.pop("priority", 0), queued_at=NOW - waited
    )


def room(cores: float = 2.0, taking: tuple[Taking, ...] = (), gpus: int = 0) -> Room:
    return Room(Capacity(cores=cores, memory_bytes=64 << 30, gpus=gpus), taking, dict(TIERS))


def chosen(*those: Waiting, cores: float = 2.0, taking: tuple[Taking, ...] = (), most: int = 9) -> list[str]:
    return choose(those, taking, room(cores, taking), NOW, most=most)


def test_as_many_start_as_there_is_room_for_the_oldest_first() -> None:
    assert chosen(waiting("3"), waiting("1"), waiting("2")) == ["1", "2"]
    assert chosen(waiting("1"), waiting("2"), most=1) == ["1"]
    assert chosen() == []


def test_the_project_of_which_fewest_run_is_next_then_the_person() -> None:
    mine = [waiting(f"1{n}") for n in range(4)]
    other = [waiting("30", "fraud"), waiting("31", "fraud")]
    assert chosen(*mine, *other, cores=4) == ["10", "30", "11", "31"]
    assert chosen(*mine, waiting("40", actor="ben"), cores=2) == ["10", "40"]
    running = (Taking(project="risk", actor="ana", tier="small"),)
    assert chosen(waiting("1"), waiting("2", "fraud"), cores=2, taking=running) == ["2"]


def test_a_higher_priority_goes_first_among_ones_own_alone() -> None:
    assert chosen(waiting("1"), waiting("2", priority=5), cores=1) == ["2"]
    others = (Taking(project="risk", actor="ana", tier="small"),)
    assert chosen(waiting("1", actor="ana", priority=9), waiting("2", actor="ben"), cores=2, taking=others) == ["2"]


def test_smaller_jobs_pass_by_a_large_one_until_it_has_waited_long() -> None:
    taking = (Taking(project="fraud", actor="eve", tier="small"),)
    large = waiting("1", tier="medium", waited=10)
    assert chosen(large, waiting("2"), taking=taking) == ["2"]
    large = waiting("1", tier="medium", waited=100)
    assert chosen(large, waiting("2"), taking=taking) == []


def test_a_job_that_is_larger_than_everything_runs_when_it_is_alone() -> None:
    assert chosen(waiting("1", tier="large")) == ["1"]
    taking = (Taking(project="fraud", actor="eve", tier="small"),)
    assert chosen(waiting("1", tier="large"), taking=taking) == []


def test_room_counts_how_many_of_a_tier_may_start() -> None:
    assert [room(4.0).count(name) for name in ("small", "medium", "large")] == [4, 2, 1]
    assert room(2.0, (Taking(project="p", actor="a", tier="medium"),)).count("small") == 0
    assert room().has("gone from the settings"), "the launcher says what is wrong with it"


def test_the_order_of_turns_is_that_of_starts_were_there_room() -> None:
    mine = [waiting(f"1{n}") for n in range(3)]
    those = [*mine, waiting("30", "fraud"), waiting("40", actor="ben", priority=1)]
    assert in_turn(those, []) == chosen(*those, cores=9) == ["40", "30", "10", "11", "12"]
    assert in_turn([], []) == []


def test_a_shortage_names_what_is_missing() -> None:
    taken = (Taking(project="risk", actor="ana", tier="small"),)
    assert room(1.0, taken).shortage("small") == "small takes 1 core, and 0 are free"
    assert "may start" in room(2.0).shortage("small")
