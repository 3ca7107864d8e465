"""`unshelf models`, `show`, `alias`, `remove`: what is on the shelf."""

import sys
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from unshelf.cli.alerts import alert_line, by_model
from unshelf.cli.calling import curl_line, sample_rows
from unshelf.cli.limits import told
from unshelf.cli.options import Json, Name, Reference
from unshelf.cli.output import binary_size, console, print_json, shares, shown, table, when
from unshelf.client.client import Client
from unshelf.client.errors import UnshelfError

_SHORT_DIGEST = 12


def models(json: Json = False) -> None:
    """List models with their live versions and aliases."""
    with Client() as client:
        found = client.models()
        alerts = {} if json else by_model(client.alerts(limit=10_000))
    if json:
        print_json({"models": found})
        return
    if not found:
        console().print("No models yet. Deploy one: unshelf deploy PATH", markup=False)
        return
    rows = [
        (
            model["name"],
            "paused" if model["paused"] else shares(model["release"]),
            model["latest"],
            len(model["versions"]),
            [f"{alias} → {version}" for alias, version in model["aliases"].items()],
            when(model["created_at"]),
            *([alerts.get(model["name"], "")] if alerts else []),
        )
        for model in found
    ]
    columns = ("name", "live", "latest", "versions", "aliases", "created", *(["alerts"] if alerts else []))
    console().print(table("", columns, rows, right=("latest", "versions", "alerts")))


def show(ref: Reference, json: Json = False) -> None:
    """Show a model and one version of it: signature, checks, environment, code, replicas, and how to call it."""
    with Client() as client:
        model = client.show(ref)
        alerts = [] if json else client.alerts(model=model["name"])
        url = client.url
    if json:
        print_json(model)
        return
    out = console()
    _show_model(out, model, alerts)
    _show_version(out, model["name"], model["version"])
    _show_signature(out, model["version"]["signature"])
    out.print()
    out.print(
        curl_line(f"{url}/models/{ref}/predict", sample_rows(model["version"]["signature"])),
        markup=False,
        soft_wrap=True,
    )


def alias(
    name: Name,
    alias: Annotated[str, typer.Argument(metavar="ALIAS", help="The movable name, e.g. champion.")],
    version: Annotated[
        int | None, typer.Argument(metavar="VERSION", min=1, help="The version it shall point at.")
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Forget the alias.")] = False,
    json: Json = False,
) -> None:
    """Point NAME@ALIAS at a version."""
    if remove == (version is not None):
        raise typer.BadParameter("give a VERSION, or --remove", param_hint="VERSION")
    with Client() as client:
        if version is None:
            client.remove_alias(name, alias)
        else:
            client.alias(name, alias, version)
    if json:
        print_json({"name": name, "alias": alias, "version": version})
    elif version is None:
        console().print(f"{name}@{alias} is forgotten.", markup=False)
    else:
        console().print(f"{name}@{alias} is version {version}.", markup=False)


def remove(
    ref: Reference,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Remove a version (NAME:3), or a model with all its versions (NAME). There is no way back."""
    what = f"version {ref}" if ":" in ref else f"the model {ref} with all its versions"
    if not yes:
        if not sys.stdin.isatty():
            raise UnshelfError(
                f"Nobody is there to ask whether {what} shall go.", code="not_confirmed", hint="Give --yes."
            )
        typer.confirm(f"Remove {what}? Callers will get 404, and there is no way back.", abort=True)
    with Client() as client:
        client.remove(ref)
    if json:
        print_json({"reference": ref, "removed": True})
    else:
        console().print(f"{ref} is removed.", markup=False)


def _show_model(out: Console, model: dict[str, Any], alerts: list[dict[str, Any]]) -> None:
    out.print(Text(model["name"], style="bold"))
    facts = [
        ("live", "paused" if model["paused"] else shares(model["release"])),
        ("aliases", [f"{alias} → {version}" for alias, version in model["aliases"].items()]),
        ("versions", [each["version"] for each in model["versions"]]),
        *([("limits", told(model["limits"]))] if model.get("limits") else []),
        *[("alert", alert_line(alert)) for alert in alerts],
    ]
    _show_facts(out, facts)


def _show_version(out: Console, name: str, version: dict[str, Any]) -> None:
    checks, loader, code = version["checks"], version["loader"], version["code"]
    out.print(Text(f"\n{name}:{version['version']}", style="bold"))
    built = [loader["kind"], *([loader["format"]] if loader.get("format") else [])]
    facts = [
        ("description", version["description"]),
        ("deployed", f"{when(version['created_at'])} by {version['by']}"),
        ("format", f"{', '.join(built)}{'; contains code' if version['contains_code'] else ''}"),
        (
            "environment",
            f"{version['environment'][:_SHORT_DIGEST]}, Python {version['python']}, {len(version['packages'])} packages",
        ),
        (
            "commit",
            f"{code['commit']}{' with uncommitted changes' if code.get('diff') else ''}" if code.get("commit") else "",
        ),
        ("digest", version["digest"]),
        ("files", f"{len(version['files'])}, {binary_size(sum(file['size'] for file in version['files']))}"),
        ("check", _check(checks)),
        ("batched", _batched(checks, version["batching"])),
        ("streams", checks.get("streams", False)),
        ("forked", _yes_or_why(checks.get("fork_safe", False), checks.get("fork_safe_reason", ""))),
        ("paused", version["paused"]),
        ("replicas", [_replica(each) for each in version["replicas"]]),
    ]
    _show_facts(out, [(name, value) for name, value in facts if value not in ("", False)])


def _show_signature(out: Console, signature: dict[str, Any]) -> None:
    for side in ("inputs", "outputs"):
        fields = signature.get(side)
        if fields is None:
            continue
        given = f" ({fields['container']})" if fields.get("container") else ""
        out.print(Text(f"\n{side}{given}", style="bold"))
        rows = [
            (field["name"], field["type"], _notes(field))
            for field in fields.get("columns") or fields.get("tensors") or []
        ]
        out.print(table("", ("name", "type", ""), rows))


def _notes(field: dict[str, Any]) -> str:
    if field.get("shape"):
        return "×".join("n" if place == 0 else str(size) for place, size in enumerate(field["shape"]))
    found = ["may be missing"] if field.get("nullable") else []
    if field.get("categories"):
        found.append(f"one of {', '.join(field['categories'][:8])}{' …' if len(field['categories']) > 8 else ''}")
    return "; ".join(found) or " "


def _check(checks: dict[str, Any]) -> str:
    predicted = checks.get("predict_seconds")
    took = "" if predicted is None else f", predicts {checks.get('example_rows', 0)} rows in {predicted * 1000:.1f} ms"
    return f"loads in {checks['load_seconds']:.2f} s{took}, {binary_size(checks['memory_bytes'])}"


def _replica(replica: dict[str, Any]) -> str:
    """One worker: what it is, how it came to be, and which limits really hold."""
    born = "forked" if replica["started_by"] == "fork" else f"spawned: {replica['spawned_because']}"
    limits = ", ".join(replica["limits"]) or "no limits hold here"
    size = binary_size(replica["memory_bytes"])
    gpus = f", GPU {', '.join(replica['gpus'])}" if replica.get("gpus") else ""
    return f"pid {replica['pid']} {replica['state']} {size}, {born}; tier {replica['tier']}{gpus}: {limits}"


def _yes_or_why(good: bool, reason: str) -> str:
    return "yes" if good else f"no{f': {reason}' if reason else ''}"


def _batched(checks: dict[str, Any], batching: dict[str, Any]) -> str:
    if not checks.get("batchable", False):
        return _yes_or_why(good=False, reason=checks.get("batchable_reason", ""))
    waits = f", waiting up to {batching['wait'] * 1000:g} ms for more" if batching["wait"] else ""
    reason = checks.get("batchable_reason", "")
    return f"up to {batching['max_rows']} rows or {binary_size(batching['max_bytes'])} together{waits}; {reason}"


def _show_facts(out: Console, facts: list[tuple[str, Any]]) -> None:
    for name, value in facts:
        out.print(Text(f"  {name:<12}", style="dim").append(shown(value), style="not dim"))
