"""Events as values, read from their rows."""

from unshelf.foundation.clock import now
from unshelf.foundation.events.event import Subject, event_of, model_subject
from unshelf.foundation.events.tables import EventRow


def test_a_subject_of_a_model_belongs_to_the_default_project() -> None:
    subject = model_subject("version", "iris:3", "iris")
    assert (subject.model, subject.project) == ("iris", "default")
    assert Subject(kind="key", name="k1").project is None


def test_an_event_has_all_that_its_row_has() -> None:
    moment = now()
    row = EventRow(
        id="e1", sequence=7, previous_hash="a", hash="b", time=moment, actor_id="k1", actor_kind="user",
        actor_label="ana", action="alias.set", subject_kind="alias", subject="iris@best", project="default",
        model="iris", before={"version": 1}, after={"version": 2}, reason="It is better.",
    )  # fmt: skip
    event = event_of(row)
    assert (event.id, event.sequence, event.previous_hash, event.hash, event.time) == ("e1", 7, "a", "b", moment)
    assert (event.actor_id, event.actor_kind, event.actor_label) == ("k1", "user", "ana")
    assert event.subject == model_subject("alias", "iris@best", "iris")
    assert (event.action, event.before, event.after, event.reason) == (
        "alias.set", {"version": 1}, {"version": 2}, "It is better.",
    )  # fmt: skip
