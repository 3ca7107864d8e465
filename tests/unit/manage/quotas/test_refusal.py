"""Refusals: what is used, what is allowed, and who can raise it."""

from unshelf.manage.quotas.accounts import INSTALLATION_ACCOUNT, project_account
from unshelf.manage.quotas.refusal import refusal, who_can
from unshelf.manage.quotas.resources import QuotaLimits, ResourceAmounts


def test_a_refusal_names_what_is_used_allowed_and_wanted() -> None:
    error = refusal(
        project_account("risk"), QuotaLimits(replicas=2, cores=8), before=ResourceAmounts(replicas=2, cores=2),
        after=ResourceAmounts(replicas=3, cores=3), administrators=["anna"],
    )  # fmt: skip
    assert error.code == "quota_exceeded"
    assert error.detail == (
        "The quota of the project 'risk' does not allow it: 2 replicas of 2 replicas in use, and this takes 1 replica more."
    )
    assert error.hint == "anna can raise it. Ask: unshelf requests quota risk --reason TEXT."


def test_people_ask_for_projects_alone() -> None:
    error = refusal(
        INSTALLATION_ACCOUNT, QuotaLimits(disk_bytes=10), before=ResourceAmounts(disk_bytes=4), after=ResourceAmounts(disk_bytes=12),
        administrators=[],
    )  # fmt: skip
    assert "4 B of disk of 10 B of disk in use, and this takes 8 B of disk more" in error.detail
    assert error.hint == "An administrator can raise it."


def test_of_many_a_few_are_named() -> None:
    assert who_can(["a", "b"]) == "a or b"
    assert who_can(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"
