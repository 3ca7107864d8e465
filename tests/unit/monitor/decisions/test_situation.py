"""The situation: which version a problem is about, and how often versions fail."""

from tests.support.deciding import situation, version


def test_the_version_of_the_problem_is_the_one_named_else_the_greatest_share() -> None:
    some = (version(1), version(2, percent=30), version(3, percent=70))
    assert situation(versions=some).current == some[2]
    assert situation(versions=some, version=2).current == some[1]
    assert situation(versions=some, version=9).current == some[2]
    assert situation().current is None
    assert [each.number for each in situation(versions=some).live] == [3, 2]


def test_few_requests_say_nothing_about_failures() -> None:
    assert version(1, requests=19, failed=19).failure_rate is None
    assert version(1, requests=20, failed=5).failure_rate == 0.25
