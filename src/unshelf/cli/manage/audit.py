"""`unshelf audit`: who did what, and the proof that the log of it is as it was written."""

from pathlib import Path
from typing import Annotated, Any

import typer

from unshelf.cli.durations import moment_of
from unshelf.cli.manage.audit_heads import head_line, read_head
from unshelf.cli.options import Json
from unshelf.cli.output import console, print_json, print_json_line, table, when
from unshelf.cli.platform.offline import offline
from unshelf.client.client import Client

app = typer.Typer(
    invoke_without_command=True,
    add_completion=False,
    help="The event log: who did what; verify it, export it, and export its head.",
)

Actor = Annotated[str | None, typer.Option(help="What somebody did: the name, or the id.")]
Action = Annotated[str | None, typer.Option(help="Events of this kind, such as key.created.")]
Subject = Annotated[str | None, typer.Option(help="What was done to this: a reference or an id.")]
SubjectKind = Annotated[str | None, typer.Option("--kind", help="What was done to things of this kind, such as key.")]
Project = Annotated[str | None, typer.Option(metavar="NAME", help="Events of this project.")]
Model = Annotated[str | None, typer.Option(metavar="NAME", help="Events that concern this model.")]
Since = Annotated[str | None, typer.Option(metavar="TIME", help="From then on: 2027-03-31, or 7d for seven days ago.")]
Until = Annotated[str | None, typer.Option(metavar="TIME", help="Until then: 2027-04-30, or 1d for a day ago.")]


@app.callback()
def audit(
    context: typer.Context,
    *,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many of the last events.")] = 50,
    actor: Actor = None,
    action: Action = None,
    subject: Subject = None,
    kind: SubjectKind = None,
    project: Project = None,
    model: Model = None,
    since: Since = None,
    until: Until = None,
    json: Json = False,
) -> None:
    """Show who did what, newest first."""
    if context.invoked_subcommand is not None:
        return
    with Client() as client:
        events = client.audit(
            limit=limit, actor=actor, action=action, subject=subject, subject_kind=kind, project=project, model=model,
            since=moment_of(since, "--since"), until=moment_of(until, "--until"),
        )  # fmt: skip
    if json:
        print_json({"events": events})
        return
    rows = [
        (when(event["time"]), event["actor"], event["action"], event["subject"], _detail(event["detail"]))
        for event in events
    ]
    console().print(table("", ("time", "who", "did", "to", "detail"), rows))


@app.command()
def verify(
    *,
    head: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="A head that `unshelf audit head` wrote: the log must still lead through it."
        ),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The operator's public key (PEM), which must have signed the head."),
    ] = None,
    home: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Read a home folder itself: of a server that is stopped, or a copy of one."),
    ] = None,
    files: Annotated[
        bool, typer.Option("--files/--no-files", help="Whether to read the files of prediction records too.")
    ] = True,
    json: Json = False,
) -> None:
    """Verify that nothing was edited, deleted, reordered or cut off; exit 1 if something was."""
    noted = read_head(head, key)
    if home is not None:
        report = offline("audit verify", "unshelf.server.wiring.offline_audit:verify", home, noted, files)
    else:
        with Client() as client:
            report = client.verify_audit(noted, files=files)
    if json:
        print_json(report)
    else:
        _show(report)
    if report["faults"]:
        raise typer.Exit(1)


@app.command()
def accept(
    path: Annotated[str, typer.Argument(metavar="PATH", help="The file, as `unshelf audit verify` names it.")],
    *,
    reason: Annotated[str, typer.Option(help="Why it is right as it is now.")],
    json: Json = False,
) -> None:
    """Take a file of prediction records as it is now, or its absence, for right from here on. The reason is logged."""
    with Client() as client:
        client.accept_file(path, reason)
    if json:
        print_json({"path": path, "reason": reason})
        return
    console().print(f"{path} is taken as it is now; the log has your name and the reason.", markup=False)


@app.command("head")
def show_head(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Add it to a file, a line each time.")
    ] = None,
    json: Json = False,
) -> None:
    """Export the last event's sequence and hash, signed where the server has a key. Keep it where the server can't write."""
    with Client() as client:
        found = client.audit_head()
    if output is None or json:
        print_json_line(found)
    if output is None:
        return
    with output.open("ab") as file:
        file.write(head_line(found))
    console(stderr=json).print(
        f"Event {found.sequence}, {'signed' if found.signature else 'not signed'}, added to {output}."
    )


@app.command()
def export(
    *,
    after: Annotated[int, typer.Option(min=0, metavar="SEQUENCE", help="Only events after this one.")] = 0,
    actor: Actor = None,
    action: Action = None,
    subject: Subject = None,
    kind: SubjectKind = None,
    project: Project = None,
    model: Model = None,
    since: Since = None,
    until: Until = None,
    json: Json = False,  # noqa: ARG001 -- it prints nothing else
) -> None:
    """Print events as JSON lines, in the order in which they are chained."""
    with Client() as client:
        for event in client.export_audit(
            after=after, actor=actor, action=action, subject=subject, subject_kind=kind, project=project, model=model,
            since=moment_of(since, "--since"), until=moment_of(until, "--until"),
        ):  # fmt: skip
            print_json_line(event)


def _show(report: dict[str, Any]) -> None:
    out = console()
    for fault in report["faults"]:
        since = f" (since {when(fault['since'])} or later)" if fault.get("since") else ""
        out.print(f"{_place(fault)}: {fault['detail']}{since}", markup=False, soft_wrap=True)
    for advice in dict.fromkeys(fault["advice"] for fault in report["faults"]):
        out.print(f"→ {advice}", markup=False, soft_wrap=True)
    verdict = "The log is not as it was written." if report["faults"] else "The log is as it was written."
    out.print(f"{verdict} {report['closed_to']} events, the last with hash {report['hash']}", markup=False)
    if files := report.get("files"):
        closed = f"last closed {when(files['closed_at'])}" if files["closed_at"] else "none is closed into the log yet"
        out.print(
            f"{files['files']} files with {files['rows']} records, {files['pending']} not closed yet; {closed}",
            markup=False,
        )


def _place(fault: dict[str, Any]) -> str:
    return f"File {fault['path']}" if fault.get("path") else f"Event {fault['sequence']}"


def _detail(detail: object) -> str:
    if isinstance(detail, dict):
        return " ".join(f"{name}={value}" for name, value in detail.items())
    return str(detail or "")
