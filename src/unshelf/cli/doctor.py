"""`unshelf doctor`: what this machine has, what is limited here, and how the server does."""

import os
import platform
import shutil
import sys
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.text import Text

from unshelf import __version__
from unshelf.cli.alerts import alert_check
from unshelf.cli.options import Json
from unshelf.cli.output import binary_size, console, print_json, table, when
from unshelf.client.address import find_url, home_folder
from unshelf.client.client import Client
from unshelf.client.errors import UnshelfError

_LEAST_FREE_BYTES = 5 << 30
_LEAST_MEMORY_BYTES = 2 << 30
_OLDEST_PYTHON = (3, 11)


def doctor(json: Json = False) -> None:
    """Check this machine and the server; works without a server too. Exit code 1 when something is wrong."""
    checks = local_checks()
    server = _server()
    if json:
        print_json({"checks": checks, "server": server})
    else:
        _show(console(), checks, server)
    everything = [*checks, *_host_checks(server.get("machine") or {"machine": {}})]
    everything += [alert_check(alert) for alert in server.get("alerts", [])]
    if any(check["state"] == "wrong" for check in everything):
        raise typer.Exit(1)


def local_checks() -> list[dict[str, str]]:
    """What can be seen from here: `{"what", "state": "good" | "limited" | "wrong", "found", "advice"}`."""
    home = home_folder()
    existing = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(existing).free
    memory = _memory_bytes()
    cores = len(os.sched_getaffinity(0))
    python = f"{platform.python_version()} ({sys.executable})"
    uv = _program("uv")
    git = shutil.which("git")
    return [
        _check("Unshelf", "good", __version__),
        _check("system", "good" if sys.platform == "linux" else "wrong", platform.platform(), "Unshelf runs on Linux."),
        _check(
            "Python", "good" if sys.version_info >= _OLDEST_PYTHON else "wrong", python, "Use Python 3.11 or newer."
        ),
        _check("cores", "good" if cores > 1 else "limited", str(cores), "Models and gateways share one core."),
        _check(
            "memory",
            "good" if memory >= _LEAST_MEMORY_BYTES else "limited",
            binary_size(memory),
            "Large frameworks need more than 2 GiB.",
        ),
        _check(
            "disk",
            "good" if free >= _LEAST_FREE_BYTES else "limited",
            f"{binary_size(free)} free at {existing}",
            "An environment with a large framework takes several GiB.",
        ),
        _check(
            "home folder",
            "good" if os.access(existing, os.W_OK) else "wrong",
            str(home) if home.exists() else f"{home} (made at the first start)",
            "Give a folder that you may write in UNSHELF_HOME.",
        ),
        _check("uv", "good" if uv else "wrong", uv or "not found", "It comes with Unshelf: install unshelf again."),
        _check(
            "git", "good" if git else "limited", git or "not found", "Versions will not know the commit of their code."
        ),
        _cgroups(),
    ]


def _server() -> dict[str, Any]:
    """What the server tells, or why there is nothing to tell."""
    told: dict[str, Any] = {"url": find_url()}
    try:
        with Client() as client:
            told["status"] = client.status()
            told["whoami"] = client.whoami()
            told["alerts"] = client.alerts()
            told["machine"] = client.machine()
    except UnshelfError as error:
        told["problem"] = {"code": error.code, "detail": error.detail, "hint": error.hint}
    return told


def _show(out: Console, checks: list[dict[str, str]], server: dict[str, Any]) -> None:
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


def _show_check(out: Console, check: dict[str, str]) -> None:
    mark, style = {"good": ("✓", "green"), "limited": ("!", "yellow"), "wrong": ("✗", "red")}[check["state"]]
    line = Text(f"{mark} ", style=style).append(f"{check['what']:<12} {check['found']}", style="default")
    if check["state"] != "good" and check["advice"]:
        line.append(f": {check['advice']}", style="dim")
    out.print(line)


def _host_checks(described: dict[str, Any]) -> list[dict[str, str]]:
    """What the host says of its machine, in the words of `local_checks`."""
    states = {"ok": "good", "warn": "limited", "fail": "wrong"}
    return [
        _check(check["name"], states[check["state"]], check["detail"], check.get("hint", ""))
        for check in described["machine"].get("checks", [])
    ]


def _check(what: str, state: str, found: str, advice: str = "") -> dict[str, str]:
    return {"what": what, "state": state, "found": found, "advice": "" if state == "good" else advice}


def _memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _program(name: str) -> str | None:
    """A program beside this Python, else on the path."""
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.exists() else shutil.which(name)


def _cgroups() -> dict[str, str]:
    """Whether replicas could be held to hard limits by cgroups here."""
    root = Path("/sys/fs/cgroup")
    if (root / "cgroup.controllers").exists():
        kind, writable = "version 2", os.access(root / "cgroup.subtree_control", os.W_OK)
    elif (root / "memory").exists():
        kind, writable = "version 1", os.access(root / "memory", os.W_OK)
    else:
        kind, writable = "none", False
    found = f"{kind}, {'writable' if writable else 'not writable'}"
    advice = "Limits of replicas are those of processes (rlimits); shares of memory and cores are not enforced."
    return _check("cgroups", "good" if writable else "limited", found, advice)
