"""The steps of a deploy on a terminal: notes and warnings stay below them, other words give way to the next."""

from rich.console import Console

from unshelf.cli.deploy.progress import LiveSteps
from unshelf.client.results import Event


def test_notes_and_warnings_stay_and_progress_gives_way() -> None:
    steps = LiveSteps()
    for event in (
        Event(step="bundle", state="started"),
        Event(step="bundle", state="info", detail="It is a pickle."),
        Event(step="bundle", state="done", detail="2 files", seconds=0.1),
        Event(step="check", state="started"),
        Event(step="check", state="info", detail="loading the model"),
        Event(step="check", state="info", detail="note: warning while loading the model: UserWarning: old"),
        Event(step="check", state="done", detail="loads in 1 s", seconds=1.0),
    ):
        steps(event)
    console = Console(width=120)
    with console.capture() as captured:
        console.print(steps)
    said = captured.get()
    assert "It is a pickle." in said
    assert "UserWarning: old" in said
    assert "loads in 1 s" in said
    assert "loading the model\n" not in said.replace("warning while loading the model", "")
