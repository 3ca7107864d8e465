"""`unshelf monitors`: what is watched of models, and what was found."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from unshelf.cli.changes import changing_client
from unshelf.cli.durations import moment_of
from unshelf.cli.options import Json
from unshelf.cli.output import console, print_json, short_name, show_facts, table, when
from unshelf.client.client import Client

app = typer.Typer(
    invoke_without_command=True,
    add_completion=False,
    help="Monitors: list, show, set, pause, resume, run, back-fill and delete them, and read what they found.",
)

Model = Annotated[str, typer.Argument(metavar="MODEL", help="The model's name.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The monitor's name, such as inputs.")]
Metric = Annotated[
    str | None,
    typer.Option(
        help="Of performance: the measure, such as accuracy, or a metric of the model's own; else that of the task."
    ),
]
Slice = Annotated[
    str | None,
    typer.Option(
        "--slice", metavar="INPUT=VALUE", help="Of performance: the rows that are measured; of drift: those watched."
    ),
]
Worse = Annotated[
    str | None,
    typer.Option(
        "--worse",
        metavar="below|above",
        help="Of a metric of the model's own: values that are bad; else as the metric says.",
    ),
]
Relative = Annotated[
    bool | None,
    typer.Option(
        "--relative/--absolute",
        help="Of performance: the threshold is the share by which it may be worse than the reference, or the worst value that is fine.",
    ),
]
LeastLabels = Annotated[
    int | None, typer.Option(help="Of performance: labelled rows without which a window is not judged.")
]
Estimated = Annotated[
    bool | None,
    typer.Option("--estimated/--labels-only", help="Of performance: judge estimates until labels have come."),
]
_MOST_SHOWN = 5
_RANK = {"alarm": 0, "ok": 1, "not_judged": 2}


@app.callback()
def monitors(context: typer.Context, json: Json = False) -> None:
    """List the monitors of all models that you may see, alarms first."""
    if context.invoked_subcommand is None:
        _list(None, json=json)


@app.command("list")
def list_monitors(
    model: Annotated[str | None, typer.Argument(metavar="[MODEL]", help="Those of one model.")] = None,
    json: Json = False,
) -> None:
    """List monitors with what each found last, alarms first."""
    _list(model, json=json)


@app.command()
def export(
    *,
    grafana: Annotated[bool, typer.Option("--grafana", help="A dashboard, as JSON that Grafana imports.")] = False,
    prometheus: Annotated[bool, typer.Option("--prometheus", help="Alert rules, as YAML.")] = False,
    model: Annotated[str | None, typer.Option("--model", metavar="NAME", help="Of this model alone.")] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write it there.")] = None,
    json: Json = False,
) -> None:
    """Export monitors with their thresholds as a Grafana dashboard, or as alert rules of Prometheus."""
    if grafana == prometheus:
        raise typer.BadParameter("give one of --grafana and --prometheus", param_hint="--grafana")
    form = "grafana" if grafana else "prometheus"
    with Client() as client:
        text = client.export_monitors(form, model=model)
    if out is not None:
        out.write_text(text)
    if json:
        print_json({"format": form, "file": None if out is None else str(out), "text": text if out is None else None})
    elif out is None:
        sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
    else:
        console().print(f"Written to {out}.")


@app.command()
def show(model: Model, name: Name, json: Json = False) -> None:
    """Show a monitor and what it found in the last windows."""
    with Client() as client:
        found = client.monitor(model, name)
        results = client.monitor_results(model, name, limit=10)
    if json:
        print_json({**found, "results": results})
        return
    show_facts(console(), [
        ("model", found["model"]), ("name", found["name"]), ("kind", found["kind"]),
        ("version", found["version"] or "those that are live"), ("window", found["window"]), ("reference", found["reference"]),
        ("columns", found["columns"] or "all"), ("threshold", f"{found['threshold']:g}"),
        ("of columns", _thresholds(found["thresholds"])), *_measure_of(found), ("severity", found["severity"]), ("paused", found["paused"]),
        ("source", found["source"]), ("changed by", short_name(found["changed_by"])),
    ])  # fmt: skip
    _warn(found)
    _show_results(results)


@app.command("set")
def set_monitor(
    model: Model,
    name: Name,
    *,
    kind: Annotated[
        str | None, typer.Option(help="Of a new one: inputs, outputs, quality, volume, errors, latency or performance.")
    ] = None,
    window: Annotated[
        str | None, typer.Option(help="hour, day, week, or a number of predictions, such as 1000.")
    ] = None,
    reference: Annotated[
        str | None, typer.Option(help="baseline, previous, version:N, or of a slice slice:COLUMN=VALUE.")
    ] = None,
    version: Annotated[int | None, typer.Option(min=0, help="The version; 0: those that are live.")] = None,
    column: Annotated[
        list[str] | None, typer.Option("--column", metavar="NAME", help="A column to watch; may be given again.")
    ] = None,
    all_columns: Annotated[bool, typer.Option("--all-columns", help="Watch all columns again.")] = False,
    threshold: Annotated[
        list[str] | None,
        typer.Option(
            "--threshold", metavar="[COLUMN=]NUMBER", help="The threshold, or that of a column; may be given again."
        ),
    ] = None,
    severity: Annotated[str | None, typer.Option(help="warning or critical.")] = None,
    metric: Metric = None,
    worse: Worse = None,
    slice: Slice = None,
    relative: Relative = None,
    least_labels: LeastLabels = None,
    estimated: Estimated = None,
    json: Json = False,
) -> None:
    """Change a monitor of a model, or add one, for which --kind is needed."""
    options: dict[str, Any] = {
        "window": window, "reference": reference, "version": version, "severity": severity, **_split(threshold or []),
        "columns": [] if all_columns else column or None, "metric": metric, "worse": worse, "slice": slice, "relative": relative,
        "least_labels": least_labels, "estimated": estimated,
    }  # fmt: skip
    wanted = {field: value for field, value in options.items() if value is not None}
    with changing_client() as client:
        present = _monitor_or_none(client, model, name)
        if present is None and kind is None:
            raise typer.BadParameter(
                f"{model} has no monitor {name!r}. To add it, say which --kind.", param_hint="--kind"
            )
        if present is not None and kind not in (None, present["kind"]):
            raise typer.BadParameter(f"The kind of {name!r} is {present['kind']}, for good.", param_hint="--kind")
        if present is None:
            changed = client.add_monitor(model, name, kind or "inputs", **wanted)
        else:
            thresholds = wanted.get("thresholds")
            if thresholds is not None:
                wanted["thresholds"] = {**present["thresholds"], **thresholds}
            changed = client.change_monitor(model, name, **wanted)
    if json:
        print_json(changed)
    else:
        console().print(f"The monitor {name} of {model} is {'changed' if present else 'added'}.", markup=False)
        _warn(changed)


@app.command()
def pause(model: Model, name: Name, json: Json = False) -> None:
    """Have a monitor judge nothing for now; its alert is over."""
    _set_paused(model, name, paused=True, json=json)


@app.command()
def resume(model: Model, name: Name, json: Json = False) -> None:
    """Have a paused monitor go on."""
    _set_paused(model, name, paused=False, json=json)


@app.command()
def run(
    model: Model,
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="One monitor; else all that are not paused.")
    ] = None,
    json: Json = False,
) -> None:
    """Judge the windows that are not over, and the ones before, now."""
    _run(model, name, None, json=json)


@app.command()
def backfill(
    model: Model,
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="One monitor; else all that are not paused.")
    ] = None,
    *,
    since: Annotated[str, typer.Option(metavar="TIME", help="From when on: 28d ago, or 2026-11-01.")],
    json: Json = False,
) -> None:
    """Judge windows of the past, so that there are charts of it. Alarms of the past raise no alert."""
    _run(model, name, moment_of(since, "--since"), json=json)


@app.command()
def results(
    model: Model,
    name: Name,
    *,
    since: Annotated[str | None, typer.Option(metavar="TIME", help="From when on: 7d ago, or 2026-11-01.")] = None,
    version: Annotated[int | None, typer.Option(min=1, help="Those of one version.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="The most that are shown.")] = 30,
    json: Json = False,
) -> None:
    """Show what a monitor found, the newest window first."""
    with Client() as client:
        found = client.monitor_results(model, name, version=version, since=moment_of(since, "--since"), limit=limit)
    if json:
        print_json({"results": found})
    else:
        _show_results(found)


@app.command()
def delete(model: Model, name: Name, json: Json = False) -> None:
    """Delete a monitor and what it found; one that every model has becomes as it was before it was changed."""
    with changing_client() as client:
        client.delete_monitor(model, name)
    if json:
        print_json({"model": model, "name": name, "deleted": True})
    else:
        console().print(f"The monitor {name} of {model} is deleted.", markup=False)


def _warn(monitor: dict[str, Any]) -> None:
    for warning in monitor.get("warnings", ()):  # a server of an earlier release has none
        console().print(warning, style="yellow", soft_wrap=True, markup=False)


def _list(model: str | None, *, json: bool) -> None:
    with Client() as client:
        found = client.monitors(model)
    if json:
        print_json({"monitors": found})
        return
    rows = [
        (each["model"], each["name"], _state(each), _value(each["latest"]), f"{each['threshold']:g}", each["window"],
         each["reference"], when(each["latest"]["since"]) if each["latest"] else "")
        for each in sorted(found, key=lambda each: (_rank(each), each["model"]))
    ]  # fmt: skip
    names = ("model", "monitor", "state", "value", "threshold", "window", "reference", "last window")
    console().print(table("", names, rows, right=("value", "threshold")))


def _rank(monitor: dict[str, Any]) -> int:
    return _RANK[monitor["latest"]["status"]] if monitor["latest"] and not monitor["paused"] else len(_RANK)


def _state(monitor: dict[str, Any]) -> str:
    if monitor["paused"]:
        return "paused"
    return monitor["latest"]["status"].replace("_", " ") if monitor["latest"] else "nothing judged yet"


def _value(result: dict[str, Any] | None) -> str:
    return "" if result is None or result["value"] is None else f"{result['value']:.3g}"


def _show_results(results: list[dict[str, Any]]) -> None:
    if not results:
        console().print(
            "It has judged no window yet: it does when records are counted, at each full hour. `unshelf monitors run MODEL` judges now.",
            markup=False,
        )
        return
    rows = [
        (when(each["since"]), each["version"] or "all", each["status"].replace("_", " ") + ("" if each["complete"] else " so far"),
         each["rows"], _value(each), f"{each['threshold']:g}", _findings(each))
        for each in results
    ]  # fmt: skip
    names = ("window from", "version", "state", "rows", "value", "threshold", "found")
    console().print(table("", names, rows, right=("rows", "value", "threshold")))


def _findings(result: dict[str, Any]) -> str:
    if result["reason"]:
        return str(result["reason"])
    bad = [each for each in result["columns"] if each["bad"]]
    said = "; ".join(f"{each['column']}: {each['say']}" for each in bad[:_MOST_SHOWN])
    return said + (f" and {len(bad) - _MOST_SHOWN} more" if len(bad) > _MOST_SHOWN else "")


def _split(thresholds: list[str]) -> dict[str, Any]:
    """Return the fields of `NUMBER` and `COLUMN=NUMBER`."""
    own: dict[str, float] = {}
    found: dict[str, Any] = {}
    for each in thresholds:
        column, _, number = each.rpartition("=")
        try:
            value = float(number)
        except ValueError:
            raise typer.BadParameter(
                f"{each!r} is no threshold; write 0.2, or income=0.3.", param_hint="--threshold"
            ) from None
        if column:
            own[column] = value
        else:
            found["threshold"] = value
    return found | ({"thresholds": own} if own else {})


def _thresholds(own: dict[str, float]) -> str:
    return ", ".join(f"{column} {value:g}" for column, value in own.items())


def _monitor_or_none(client: Client, model: str, name: str) -> dict[str, Any] | None:
    return next((each for each in client.monitors(model) if each["name"] == name), None)


def _set_paused(model: str, name: str, *, paused: bool, json: bool) -> None:
    with changing_client() as client:
        changed = client.change_monitor(model, name, paused=paused)
    if json:
        print_json(changed)
    else:
        console().print(f"The monitor {name} of {model} {'is paused' if paused else 'goes on'}.", markup=False)


def _run(model: str, name: str | None, since: str | None, *, json: bool) -> None:
    with changing_client() as client:
        came = client.run_monitors(model, monitor=name, since=since)
        latest = client.monitors(model)
    if json:
        print_json(came)
        return
    console().print(f"{came['judged']} results are new; {came['alarms']} of them are alarms.", markup=False)
    alarms = [each["name"] for each in latest if each["latest"] and each["latest"]["status"] == "alarm"]
    if alarms:
        console().print(
            f"In alarm now: {', '.join(alarms)}. `unshelf monitors show {model} NAME` tells more.", markup=False
        )


def _measure_of(found: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return the facts of a monitor of performance."""
    if found["kind"] != "performance":
        return []
    return [
        ("measure", found["metric"] or "that of the task"), ("worse", found.get("worse", "")), ("slice", found["slice"] or "all rows"),
        ("threshold is", "a share below the reference" if found["relative"] else "the worst value that is fine"),
        ("least labels", found["least_labels"]), ("estimated", found["estimated"]),
    ]  # fmt: skip
