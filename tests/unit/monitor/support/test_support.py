"""Support: what a model says itself, then its project, then what is usual."""

from unshelf.monitor.support.support import Contact, Support, SupportSettings, combined, of_project

NIGHT = Contact(kind="group", id="g", name="night")
ANA = Contact(kind="user", id="u", name="ana")


def test_a_model_overrides_its_project_part_by_part() -> None:
    project = SupportSettings(level="critical", owner=ANA, escalate_to=NIGHT, escalate_after=5)
    found = combined(SupportSettings(level="best-effort"), project)
    assert (found.level, found.owner, found.escalate_to, found.escalate_after) == ("best-effort", None, NIGHT, 5)
    assert combined(SupportSettings(owner=ANA), SupportSettings()).owner == ANA


def test_nothing_set_is_standard() -> None:
    assert (Support.usual().level, Support.usual().escalate_after) == ("standard", 15)


def test_a_project_answers_for_itself() -> None:
    found = of_project(SupportSettings(owner=ANA))
    assert (found.owner, found.level, found.own.level) == (ANA, "standard", None)
