"""`unshelf models`, `show`, `alias`, `remove`: what is on the shelf."""

import json as json_format
import sys
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from unshelf.cli.changes import changing_client
from unshelf.cli.curl import curl_line, sample_rows
from unshelf.cli.deploy.network import network_facts
from unshelf.cli.manage.limits import describe_limits
from unshelf.cli.monitor.alerts import alert_line, by_model
from unshelf.cli.options import Json, Name, Reference
from unshelf.cli.output import binary_size, console, print_json, shares, show_facts, table, when
from unshelf.cli.quotas.quotas import usage_line
from unshelf.client.client import Client
from unshelf.client.errors import Forbidden, NotFound, UnshelfError

_SHORT_DIGEST = 12
_PROVED_TOO_LITTLE = (
    "it was checked by a release that tried batches without different rows; deploy it again to have it checked"
)


def list_models(project: str | None, *, json: bool) -> None:
    """Print models with their live versions and aliases."""
    with Client() as client:
        found = client.models(project)
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
            "paused"
            if model["paused"]
            else "runs elsewhere"
            if model.get("framework") == "elsewhere"
            else shares(model["release"]),
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
        network = _network(client, f"{model['name']}:{model['version']['version']}")
        alerts = [] if json else client.alerts(model=model["name"])
        quota = "" if json else _project_usage(client, model["project"])
        url = client.url
    if json:
        print_json(model if network is None else {**model, "network": network})
        return
    out = console()
    _show_model(out, model, alerts)
    show_facts(out, [("quota", quota)])
    _show_version(out, model["name"], model["version"])
    if network is not None:
        show_facts(out, network_facts(model["name"], network, model["version"]["replicas"]))
    show_signature(out, model["version"]["signature"])
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
    with changing_client() as client:
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
    with changing_client() as client:
        client.remove(ref)
    if json:
        print_json({"reference": ref, "removed": True})
    else:
        console().print(f"{ref} is removed.", markup=False)


def _network(client: Client, reference: str) -> dict[str, Any] | None:
    """Return what a version may reach; None from a server of before networks had to be granted."""
    try:
        return dict(client.network(reference)["versions"][0])
    except NotFound:
        return None


def _project_usage(client: Client, project: str) -> str:
    """Return what the model's project uses of its quota; empty without one, and for who may not see the project."""
    try:
        used = usage_line(client.project_quota(project))
    except (Forbidden, NotFound):
        return ""
    return f"{used} (project {project})" if used else ""


def _show_model(out: Console, model: dict[str, Any], alerts: list[dict[str, Any]]) -> None:
    out.print(Text(model["name"], style="bold"))
    place = model.get("project", "default")
    facts = [
        ("project", "" if place == "default" else place),
        ("visibility", "" if model.get("visibility", "private") == "private" else model["visibility"]),
        ("live", "paused" if model["paused"] else shares(model["release"])),
        ("aliases", [f"{alias} → {version}" for alias, version in model["aliases"].items()]),
        ("versions", [each["version"] for each in model["versions"]]),
        *([("limits", describe_limits(model["limits"]))] if model.get("limits") else []),
        *[("alert", alert_line(alert)) for alert in alerts],
    ]
    show_facts(out, facts)


def _show_version(out: Console, name: str, version: dict[str, Any]) -> None:
    checks, loader, code = version["checks"], version["loader"], version["code"]
    out.print(Text(f"\n{name}:{version['version']}", style="bold"))
    built = [loader["kind"], *([loader["format"]] if loader.get("format") else [])]
    facts = [
        ("description", version["description"]),
        ("deployed", f"{when(version['created_at'])} by {version['by']}"),
        ("format", f"{', '.join(built)}{'; contains code' if version['contains_code'] else ''}"),
        ("environment", environment_fact(version["environment"], version["python"], len(version["packages"]))),
        (
            "commit",
            f"{code['commit']}{' with uncommitted changes' if code.get('diff') else ''}" if code.get("commit") else "",
        ),
        ("env", [f"{name}={value}" for name, value in version.get("env", {}).items()]),
        ("digest", version["digest"]),
        ("files", f"{len(version['files'])}, {binary_size(sum(file['size'] for file in version['files']))}"),
        *check_facts(checks, version["batching"]),
        *[("note", note) for note in version.get("notes", [])],
        ("paused", version["paused"]),
        ("replicas", [_replica(each) for each in version["replicas"]]),
    ]
    show_facts(out, facts)


def environment_fact(hash: str, python: str, packages: int) -> str:
    """Return an environment in a few words."""
    return f"{hash[:_SHORT_DIGEST]}, Python {python}, {packages} {'package' if packages == 1 else 'packages'}"


def check_facts(checks: dict[str, Any], batching: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return what the check of a version found, as facts by name."""
    return [
        ("check", _check(checks)),
        *[("warning", warning) for warning in checks.get("warnings", [])],
        ("batched", _batched(checks, batching)),
        ("streams", checks.get("streams", False)),
        *[("scores", reason) for reason in [checks.get("scores_reason", "")] if reason],
        ("forked", _yes_or_why(checks.get("fork_safe", False), checks.get("fork_safe_reason", ""))),
    ]


def show_signature(out: Console, signature: dict[str, Any]) -> None:
    """Print the columns or tensors that a version takes and returns, and its parameters."""
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
    if parameters := signature.get("parameters"):
        out.print(Text("\nparameters", style="bold"))
        values = [(each["name"], each["type"], _json(each.get("default")), _limits(each)) for each in parameters]
        out.print(table("", ("name", "type", "default", ""), values))


def _limits(parameter: dict[str, Any]) -> str:
    found = [parameter["description"]] if parameter.get("description") else []
    if parameter.get("choices"):
        found.append(f"one of {', '.join(map(_json, parameter['choices']))}")
    found += [f"{word} {parameter[key]}" for key, word in (("min", "at least"), ("max", "at most")) if key in parameter]
    return "; ".join(found) or " "


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _notes(field: dict[str, Any]) -> str:
    if field.get("shape"):
        return _shape(field["shape"])
    found = ["may be missing"] if field.get("nullable") else []
    found += ["may be left out"] if field.get("optional") else []
    found += [f"{json_format.dumps(field['default'])} where left out"] if "default" in field else []
    found += [f"as {exact}" for exact in (field.get("dtype"), field.get("items")) if exact]
    if field.get("categories"):
        known = f"{', '.join(map(str, field['categories'][:8]))}{' …' if len(field['categories']) > 8 else ''}"
        found.append(f"categories {known}, and others" if field.get("unseen") else f"one of {known}")
    return "; ".join(found) or " "


def _shape(sizes: list[int]) -> str:
    """A tensor's shape in words: its first dimension is the rows, and one of -1 has any size."""
    return " × ".join("rows" if place == 0 else "any" if size < 0 else str(size) for place, size in enumerate(sizes))


def _check(checks: dict[str, Any]) -> str:
    predicted = checks.get("predict_seconds")
    took = "" if predicted is None else f", predicts {checks.get('example_rows', 0)} rows in {predicted * 1000:.1f} ms"
    calls = checks.get("calls", 0)
    called = f", called {'once' if calls == 1 else f'{calls} times'}" if calls else ""
    return f"loads in {checks['load_seconds']:.2f} s{took}, {binary_size(checks['memory_bytes'])}{called}"


def _replica(replica: dict[str, Any]) -> str:
    """One worker: what it is, how it came to be, and which limits really hold."""
    born = "forked" if replica["started_by"] == "fork" else f"spawned: {replica['spawned_because']}"
    limits = ", ".join(replica["limits"]) or "no limits hold here"
    size = binary_size(replica["memory_bytes"])
    gpus = f", GPU {', '.join(replica['gpus'])}" if replica.get("gpus") else ""
    holding = ", ".join(replica.get("walls", ()))
    walls = f"in a sandbox ({holding})" if replica.get("sandboxed") else "no sandbox: it can read the platform's files"
    return f"pid {replica['pid']} {replica['state']} {size}, {born}; tier {replica['tier']}{gpus}: {limits}; {walls}"


def _yes_or_why(good: bool, reason: str) -> str:
    return "yes" if good else f"no{f': {reason}' if reason else ''}"


def _batched(checks: dict[str, Any], batching: dict[str, Any]) -> str:
    if not checks.get("batchable", False):
        return _yes_or_why(good=False, reason=checks.get("batchable_reason", ""))
    if not checks.get("batch_rows", 0):
        return _yes_or_why(good=False, reason=_PROVED_TOO_LITTLE)
    waits = f", waiting up to {batching['wait'] * 1000:g} ms for more" if batching["wait"] else ""
    reason = checks.get("batchable_reason", "")
    most = min(batching["max_rows"], checks["batch_rows"])
    return f"up to {most} rows or {binary_size(batching['max_bytes'])} together{waits}; {reason}"
