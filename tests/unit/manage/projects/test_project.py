"""The stage of a project is the furthest that anything proves."""

from unshelf.manage.projects.project import furthest


def test_the_furthest_stage_counts_and_without_any_the_first() -> None:
    assert furthest(["develop", "monitor", "deploy"]) == "monitor"
    assert furthest([]) == "manage"
