"""Plain progress: a line for a step that ends or says something, none for one that starts."""

from io import StringIO

from unshelf.client.progress import PlainProgress
from unshelf.client.results import Event


def lines(*events: Event) -> list[str]:
    stream = StringIO()
    progress = PlainProgress(stream)
    for event in events:
        progress(event)
    return stream.getvalue().splitlines()


def test_a_step_that_starts_says_nothing() -> None:
    assert lines(Event(step="build", state="started")) == []


def test_a_step_that_ends_says_how_long_it_took() -> None:
    assert lines(Event(step="build", state="done", detail="reused", seconds=1.5)) == [
        "✓ build the environment   1.50 s  reused"
    ]


def test_a_failed_step_and_one_that_goes_on_have_their_marks() -> None:
    shown = lines(Event(step="check", state="failed"), Event(step="new-step", state="running", detail="half"))
    assert [line[0] for line in shown] == ["✗", "·"]
    assert "new-step" in shown[1]
    assert shown[1].endswith("half")
