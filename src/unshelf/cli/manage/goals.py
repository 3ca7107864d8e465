"""`unshelf goals`: goals of projects, what is tied to them, and how far they are."""

from typing import Annotated, Any

import typer
from rich.text import Text

from unshelf.cli.changes import changing_client
from unshelf.cli.options import Json
from unshelf.cli.output import console, print_json, show_facts, table, when
from unshelf.cli.params import finite
from unshelf.client.client import Client

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Goals of projects: set, tie versions to them, note values."
)

MISSING = {
    "owner": "nobody answers for it", "target": "no metric with a target", "tie": "nothing is tied to it",
    "value": "no value is known", "reached": "the target is not reached", "overdue": "its day is over",
}  # fmt: skip
"""Words for what a goal lacks."""

Project = Annotated[str, typer.Argument(metavar="PROJECT", help="The project's name.")]
GoalId = Annotated[str, typer.Argument(metavar="ID", help="The goal's id, as `unshelf goals list` shows it.")]
Description = Annotated[str | None, typer.Option(help="A text about it, in Markdown.")]
Owner = Annotated[str | None, typer.Option(metavar="USER", help="Who answers for it.")]
Due = Annotated[str | None, typer.Option(metavar="DAY", help="The day by which it should be reached: 2027-03-31.")]
Metric = Annotated[str | None, typer.Option(help="The metric that is meant.")]
AtLeast = Annotated[
    float | None, typer.Option("--at-least", metavar="NUMBER", help="The least that is good.", callback=finite)
]
AtMost = Annotated[
    float | None, typer.Option("--at-most", metavar="NUMBER", help="The most that is good.", callback=finite)
]
Worth = Annotated[str | None, typer.Option(metavar="TEXT", help="The value of reaching it, in money or words.")]
Tied = Annotated[str, typer.Argument(metavar="NAME", help="A version: NAME:3, or with --release a model.")]
IsRelease = Annotated[bool, typer.Option("--release", help="The model's releases work towards the goal.")]


@app.command("list")
def list_goals(
    project: Project,
    closed: Annotated[bool, typer.Option("--closed", help="The closed ones.")] = False,
    json: Json = False,
) -> None:
    """List a project's goals with their latest values and what is missing."""
    with Client() as client:
        found = client.goals(project, closed=closed)
    if json:
        print_json({"goals": found})
        return
    rows = [
        (goal["id"], goal["title"], goal["owner"], goal["due"], _target(goal), _latest(goal), _missing(goal))
        for goal in found
    ]
    console().print(table("", ("id", "goal", "owner", "due", "target", "latest", "missing"), rows))


@app.command()
def show(project: Project, id: GoalId, json: Json = False) -> None:
    """Show a goal with all its values and what works towards it."""
    with Client() as client:
        goal = client.goal(project, id)
        values = client.goal_values(project, id)
    if json:
        print_json({**goal, "values": values})
        return
    out = console()
    out.print(Text(goal["title"], style="bold"))
    facts: list[tuple[str, Any]] = [
        ("description", goal["description"]),
        ("owner", goal["owner"]),
        ("due", goal["due"]),
        ("target", _target(goal)),
        ("worth", goal["worth"]),
        ("closed", "" if goal["closed_at"] is None else when(goal["closed_at"])),
        *[(tie["kind"], tie["name"]) for tie in goal["ties"]],
        *[("value", f"{each['value']:g} on {when(each['at'])}: {each['source']}") for each in values],
        ("missing", _missing(goal)),
    ]
    show_facts(out, facts)


@app.command("set")
def set_goal(
    project: Project,
    title: Annotated[str, typer.Argument(metavar="TITLE", help="A title for people.")],
    *,
    description: Description = None,
    owner: Owner = None,
    due: Due = None,
    metric: Metric = None,
    at_least: AtLeast = None,
    at_most: AtMost = None,
    worth: Worth = None,
    json: Json = False,
) -> None:
    """Set a goal. Without --owner it is yours."""
    fields = _fields(description=description, owner=owner, due=due, metric=metric, worth=worth)
    fields |= _target_fields(at_least, at_most)
    with changing_client() as client:
        goal = client.set_goal(project, title, **fields)
    _say(goal, f"The goal {goal['id']} is set.", json=json)


@app.command()
def change(
    project: Project,
    id: GoalId,
    *,
    title: Annotated[str | None, typer.Option(help="A title for people.")] = None,
    description: Description = None,
    owner: Owner = None,
    due: Due = None,
    metric: Metric = None,
    at_least: AtLeast = None,
    at_most: AtMost = None,
    worth: Worth = None,
    close: Annotated[bool | None, typer.Option("--close/--reopen", help="Close it, or open it again.")] = None,
    json: Json = False,
) -> None:
    """Change a goal, close it, or open it again."""
    fields = _fields(
        title=title, description=description, owner=owner, due=due, metric=metric, worth=worth, closed=close
    )
    fields |= _target_fields(at_least, at_most)
    if not fields:
        raise typer.BadParameter("give at least one option that changes something")
    with changing_client() as client:
        goal = client.change_goal(project, id, **fields)
    _say(goal, f"The goal {id} is changed.", json=json)


@app.command()
def tie(project: Project, id: GoalId, name: Tied, *, release: IsRelease = False, json: Json = False) -> None:
    """Tie a version, or a model's releases, to a goal."""
    with changing_client() as client:
        goal = client.tie_goal(project, id, name, kind="release" if release else "version")
    _say(goal, f"{name} works towards “{goal['title']}”.", json=json)


@app.command()
def untie(project: Project, id: GoalId, name: Tied, *, release: IsRelease = False, json: Json = False) -> None:
    """Untie something from a goal."""
    with changing_client() as client:
        goal = client.untie_goal(project, id, name, kind="release" if release else "version")
    _say(goal, f"{name} is not tied to “{goal['title']}” any more.", json=json)


@app.command()
def value(
    project: Project,
    id: GoalId,
    number: Annotated[float, typer.Argument(metavar="NUMBER", help="The value of the goal's metric.", callback=finite)],
    *,
    source: Annotated[str, typer.Option(help="Where it comes from.")],
    json: Json = False,
) -> None:
    """Note a value of a goal's metric, and where it comes from."""
    with changing_client() as client:
        goal = client.note_value(project, id, number, source)
    missing = _missing(goal)
    _say(goal, "Noted. The goal is reached." if not missing else f"Noted. Missing: {missing}.", json=json)


def _fields(**given: Any) -> dict[str, Any]:
    return {field: value for field, value in given.items() if value is not None}


def _target_fields(at_least: float | None, at_most: float | None) -> dict[str, Any]:
    if at_least is not None and at_most is not None:
        raise typer.BadParameter("give --at-least or --at-most, not both")
    if at_least is not None:
        return {"direction": "at_least", "target": at_least}
    return {} if at_most is None else {"direction": "at_most", "target": at_most}


def _target(goal: dict[str, Any]) -> str:
    if goal["target"] is None:
        return str(goal["metric"])
    return f"{goal['metric']} {'≥' if goal['direction'] == 'at_least' else '≤'} {goal['target']:g}".strip()


def _latest(goal: dict[str, Any]) -> str:
    latest = goal["latest"]
    return "" if latest is None else f"{latest['value']:g} ({latest['source']})"


def _missing(goal: dict[str, Any]) -> str:
    return ", ".join(MISSING.get(each, each) for each in goal["missing"])


def _say(value: Any, text: str, *, json: bool) -> None:
    if json:
        print_json(value)
    else:
        console().print(text, markup=False)
