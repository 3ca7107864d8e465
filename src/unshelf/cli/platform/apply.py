"""`unshelf apply`, `unshelf export`: an installation as a file that is kept in version control."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from unshelf.cli.changes import changing_client
from unshelf.cli.options import Json
from unshelf.cli.output import console, print_json
from unshelf.client.client import Client
from unshelf.client.operations.platform.plan import PlannedStep, PlatformOutcome
from unshelf.client.operations.platform.toml_text import places_in, read_document, written

_MARKS = {"create": ("+", "green"), "change": ("~", "yellow"), "remove": ("-", "red"), "missing": ("!", "red")}


def apply(
    file: Annotated[Path, typer.Option("--file", "-f", metavar="FILE", help="The file; `unshelf export` writes one.")],
    *,
    only_plan: Annotated[
        bool, typer.Option("--plan", help="Change nothing; exit code 1 when the installation is not as the file says.")
    ] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="Remove what the file does not name, of the kinds that it names.")
    ] = False,
    json: Json = False,
) -> None:
    """Make the installation as a file says: show what differs, then change it. Applied again, it changes nothing."""
    document = read_document(file)
    place = places_in(file, document)
    if only_plan:
        with Client() as client:
            steps = client.plan_platform(document, prune=prune, place=place)
        _show_plan(steps, json=json)
        if steps:
            raise typer.Exit(1)
        return
    with changing_client() as client:
        steps = client.plan_platform(document, prune=prune, place=place)
        outcomes = _carried_out(client, steps, json=json)
    failed = [each for each in outcomes if each.problem]
    if json:
        print_json({"steps": [_plain_outcome(each) for each in outcomes], "failed": len(failed)})
    elif not outcomes:
        console().print("The installation is as the file says.", markup=False)
    else:
        console().print(f"{len(outcomes) - len(failed)} of {len(outcomes)} steps are done.", markup=False)
    if failed:
        raise typer.Exit(1)


def export(
    *,
    kind: Annotated[
        list[str] | None,
        typer.Option("--kind", metavar="KIND", help="Only this kind, such as projects; may be repeated."),
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it to a file.")] = None,
    json: Json = False,
) -> None:
    """Print the installation as a file for `unshelf apply`, as far as you may see it; never a secret's value."""
    with Client() as client:
        document = client.export_platform(kind)
    if json:
        print_json(document)
        return
    if output is None:
        sys.stdout.write(written(document))
        return
    output.write_text(written(document), encoding="utf-8")
    console().print(f"{sum(map(len, document.values()))} things are written to {output}.", markup=False)


def _carried_out(client: Client, steps: Sequence[PlannedStep], *, json: bool) -> list[PlatformOutcome]:
    outcomes = []
    for outcome in client.apply_platform(list(steps)):
        outcomes.append(outcome)
        if json:
            continue
        _show_step(outcome.step)
        if outcome.problem:
            console().print(Text(f"    {outcome.problem}", style="red"))
        for name, value in _shown_once(outcome).items():
            console().print(f"    {name}, shown this once: {value}", markup=False, soft_wrap=True)
    return outcomes


def _show_plan(steps: Sequence[PlannedStep], *, json: bool) -> None:
    if json:
        print_json({"steps": [_plain(step) for step in steps]})
    elif not steps:
        console().print("The installation is as the file says.", markup=False)
    else:
        for step in steps:
            _show_step(step)
            if step.remedy:
                console().print(f"    {step.remedy}", markup=False)


def _show_step(step: PlannedStep) -> None:
    mark, style = _MARKS[step.act]
    line = Text(f"{mark} ", style=style).append(step.name, style="default")
    for name, (is_now, wanted) in step.changes.items():
        line.append(f"\n    {name}: {is_now!r} → {wanted!r}", style="dim")
    console().print(line)


def _plain(step: PlannedStep) -> dict[str, Any]:
    changes = {name: {"is": is_now, "wanted": wanted} for name, (is_now, wanted) in step.changes.items()}
    key = list(step.kind.key_of(step.wanted))
    return {"act": step.act, "kind": step.kind.name, "key": key, "changes": changes, "remedy": step.remedy}


def _plain_outcome(outcome: PlatformOutcome) -> dict[str, Any]:
    return {**_plain(outcome.step), "problem": outcome.problem, "shown_once": _shown_once(outcome)}


def _shown_once(outcome: PlatformOutcome) -> dict[str, str]:
    """Return what only this answer has: an invitation's link, a webhook's secret."""
    answer = outcome.answer if outcome.step.act == "create" and isinstance(outcome.answer, dict) else {}
    wanted = {"users": "url", "webhooks": "secret"}.get(outcome.step.kind.name, "")
    return {wanted: str(answer[wanted])} if wanted and answer.get(wanted) else {}
