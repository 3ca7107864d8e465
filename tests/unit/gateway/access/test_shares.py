"""Room that is shared: whoever takes a lot leaves as much for others, by key and by project."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unshelf.gateway.access import shares
from unshelf.gateway.access.shares import SharedRoom
from unshelf.gateway.errors import ProblemError


def fill(room: SharedRoom, key: str, project: str, step: int = 1) -> int:
    """Take as much as one gets."""
    taken = 0
    while room.try_hold(step, room.holder(key, key, project)):
        taken += step
    return taken


def refusal(room: SharedRoom, key: str, project: str) -> ProblemError:
    with pytest.raises(ProblemError) as caught:
        room.hold(1, room.holder(key, key, project))
    return caught.value


def test_one_key_gets_half_of_an_empty_room_and_the_next_one_finds_room() -> None:
    room = SharedRoom(120, "bodies")
    assert fill(room, "a", "") == 60
    assert fill(room, "b", "") == 30


def test_keys_of_one_project_get_two_thirds_together_whatever_their_number() -> None:
    room = SharedRoom(120, "bodies")
    assert sum(fill(room, f"key {n}", "greedy") for n in range(50)) == 80
    assert fill(room, "quiet", "other") > 0


def test_a_refusal_names_who_holds_how_much_and_when_to_come_again() -> None:
    room = SharedRoom(120, "bodies")
    fill(room, "a", "p")
    refused = refusal(room, "a", "p")
    assert (refused.code, refused.retry_after) == ("too_many_requests", 1)
    assert "The key 'a' holds 60 bytes of bodies" in refused.detail
    fill(room, "b", "p")
    assert "The project 'p' holds" in refusal(room, "c", "p").detail
    for n in range(200):
        fill(room, f"key {n}", f"project {n}")
    refused = refusal(room, "late", "late")
    assert (refused.code, refused.retry_after) == ("overloaded", 1)
    assert "120 bytes" in refused.detail


def test_the_only_thing_that_a_key_holds_may_be_as_large_as_there_is_room() -> None:
    room = SharedRoom(120, "bodies")
    holder = room.holder("a", "a", "p")
    assert room.try_hold(110, holder)
    room.release(110, holder)
    for mine in range(0, 120, 10):
        room.grow(10, holder, mine)  # one thing that grows
    assert room.held == 120
    with pytest.raises(ProblemError):
        room.must_have_room(1, holder)
    assert room.held == 120


def test_holders_that_hold_nothing_are_forgotten_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "_REMEMBERED", 10)
    room = SharedRoom(120, "bodies")
    kept = room.holder("kept", "kept", "p")
    room.hold(5, kept)
    for n in range(100):
        room.holder(str(n), "", str(n))
    assert room.holder("kept", "kept", "p") is kept


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["", "p", "q"]), st.integers(1, 70))))
def test_what_is_held_never_exceeds_the_room_and_all_of_it_comes_back(asked: list[tuple[str, str, int]]) -> None:
    room = SharedRoom(100, "bodies")
    held = []
    for key, project, size in asked:
        holder = room.holder(key, key, project)
        if room.try_hold(size, holder):
            held.append((size, holder))
        assert room.held == sum(each for each, _ in held) <= 100
    for size, holder in held:
        room.release(size, holder)
    assert room.held == 0
    assert fill(room, "d", "r") == 50
