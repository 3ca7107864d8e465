"""`unshelf doctor`: what this machine has, what is limited here, and how the server does."""

import os
import platform
import shutil
import sys
from pathlib import Path
from typing import Any

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from unshelf import __version__
from unshelf.cli.monitor.alerts import alert_check
from unshelf.cli.options import Json
from unshelf.cli.output import binary_size, console, print_json, table, when
from unshelf.client.client import Client
from unshelf.client.errors import UnshelfError
from unshelf.client.login.address import find_url
from unshelf.contracts.home import home_folder
from unshelf.contracts.machine import CheckState, MachineCheck
from unshelf.runtime.machine.own_group import folder_of, own_limits, usable_cores

_LEAST_FREE_BYTES = 5 << 30
_LEAST_MEMORY_BYTES = 2 << 30
_OLDEST_PYTHON = (3, 11)


def doctor(json: Json = False) -> None:
    """Check this machine and the server; works without a server too. Exit code 1 when something is wrong."""
    checks = local_checks()
    server = _server()
    if json:
        print_json({"checks": msgspec.to_builtins(checks), "server": server})
    else:
        _show(console(), checks, server)
    everything = [*checks, *_host_checks(server.get("machine"))]
    everything += [alert_check(alert) for alert in server.get("alerts", [])]
    if any(check.state == "fail" for check in everything):
        raise typer.Exit(1)


def local_checks() -> list[MachineCheck]:
    """Check what can be seen without the server."""
    home = home_folder()
    existing = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(existing).free
    memory = _memory_bytes()
    cores = usable_cores()
    python = f"{platform.python_version()} ({sys.executable})"
    uv = _program("uv")
    git = shutil.which("git")
    return [
        _check("Unshelf", "ok", __version__),
        _check("system", "ok" if sys.platform == "linux" else "fail", platform.platform(), "Unshelf runs on Linux."),
        _check("Python", "ok" if sys.version_info >= _OLDEST_PYTHON else "fail", python, "Use Python 3.11 or newer."),
        _check("cores", "ok" if cores > 1 else "warn", str(cores), "Models and gateways share one core."),
        _check(
            "memory",
            "ok" if memory >= _LEAST_MEMORY_BYTES else "warn",
            binary_size(memory),
            "Large frameworks need more than 2 GiB.",
        ),
        _check(
            "disk",
            "ok" if free >= _LEAST_FREE_BYTES else "warn",
            f"{binary_size(free)} free at {existing}",
            "An environment with a large framework takes several GiB.",
        ),
        _check(
            "home folder",
            "ok" if os.access(existing, os.W_OK) else "fail",
            str(home) if home.exists() else f"{home} (made at the first start)",
            "Run this as the user whom it belongs to (`unshelf-admin doctor` for a service), or give a folder that you may write in "
            "UNSHELF_HOME.",
        ),
        _check("uv", "ok" if uv else "fail", uv or "not found", "It comes with Unshelf: install unshelf again."),
        _check(
            "git",
            "ok" if git else "warn",
            git or "not found",
            "Versions will not know the commit of their code. The server needs git of its own for jobs from repositories.",
        ),
        _cgroups(),
    ]


def _server() -> dict[str, Any]:
    """Report what the server says of itself, or why it says nothing."""
    answers: dict[str, Any] = {"url": find_url()}
    try:
        with Client() as client:
            answers["status"] = client.status()
            answers["whoami"] = client.whoami()
            answers["alerts"] = client.alerts()
            answers["machine"] = client.machine()
    except UnshelfError as error:
        answers["problem"] = {"code": error.code, "detail": error.detail, "hint": error.hint}
    return answers


def _show(out: Console, checks: list[MachineCheck], server: dict[str, Any]) -> None:
    out.print(Text("This machine", style="bold"))
    for check in checks:
        _show_check(out, check)
    out.print(Text(f"\nThe server at {server['url']}", style="bold"))
    if status := server.get("status"):
        out.print(f"✓ version {status['version']}, up for {status['uptime_seconds']:.0f} s, {status['models']} models, "
                  f"{status['versions']} versions", markup=False)  # fmt: skip
        for alert in server.get("alerts", []):
            _show_check(out, alert_check(alert))
        _show_machine(out, server.get("machine"))
    if problem := server.get("problem"):
        out.print(f"! {problem['detail']} {problem['hint']}", markup=False, soft_wrap=True)


def _show_machine(out: Console, described: dict[str, Any] | None) -> None:
    if described is None:
        return
    for check in _host_checks(described):
        _show_check(out, check)
    rows = [
        (
            f"{each['model']}:{each['version']}",
            each["pid"],
            each["state"],
            binary_size(each["memory_bytes"]),
            each["requests"],
            when(each["started_at"]),
        )
        for each in described["replicas"]
    ]
    if rows:
        out.print(Text("\nReplicas", style="bold"))
        out.print(
            table("", ("version", "pid", "state", "memory", "requests", "since"), rows, right=("memory", "requests"))
        )


def _show_check(out: Console, check: MachineCheck) -> None:
    mark, style = {"ok": ("✓", "green"), "warn": ("!", "yellow"), "fail": ("✗", "red")}[check.state]
    line = Text(f"{mark} ", style=style).append(f"{check.name:<12} {check.detail}", style="default")
    if check.state != "ok" and check.hint:
        line.append(f": {check.hint}", style="dim")
    out.print(line)


def _host_checks(described: dict[str, Any] | None) -> list[MachineCheck]:
    """Read the host's checks of its machine from the server's answer."""
    machine = (described or {}).get("machine") or {}
    return msgspec.convert(machine.get("checks", []), list[MachineCheck])


def _check(name: str, state: CheckState, detail: str, hint: str = "") -> MachineCheck:
    return MachineCheck(name=name, state=state, detail=detail, hint="" if state == "ok" else hint)


def _memory_bytes() -> int:
    """The memory that there is, or the limit of our control group where that is less."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min(machine, own_limits().memory_bytes or machine)


def _program(name: str) -> str | None:
    """Return a program beside this Python, else on the path."""
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.exists() else shutil.which(name)


def _cgroups() -> MachineCheck:
    """Return whether replicas could be held to hard limits by cgroups here."""
    group = folder_of("memory")
    kind = "none" if group is None else f"version {group.version}"
    writable = group is not None and os.access(group.folder, os.W_OK)
    found = f"{kind}, {'writable' if writable else 'not writable'}"
    advice = "Limits of replicas are those of processes (rlimits); shares of memory and cores are not enforced."
    return _check("cgroups", "ok" if writable else "warn", found, advice)
