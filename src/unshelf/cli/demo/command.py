"""`unshelf demo`: the platform, a model trained on real data, a deploy, predictions, and a line to call it by."""

import contextlib
import signal
import threading
import time
from dataclasses import dataclass
from types import FrameType
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from unshelf.cli.curl import curl_line
from unshelf.cli.demo.full.filling import fill_platform
from unshelf.cli.demo.model import NAME, Trained, require_packages, trained_model
from unshelf.cli.demo.platform import RunningPlatform, running_platform
from unshelf.cli.deploy.progress import progress
from unshelf.cli.options import Json
from unshelf.cli.output import console, print_json
from unshelf.cli.platform.server_extra import require_server
from unshelf.client.bundling.bundle import DeployOptions
from unshelf.client.client import Client
from unshelf.client.errors import UnshelfError
from unshelf.client.results import Deployed


@dataclass(frozen=True, kw_only=True)
class Timing:
    """One deploy, as its caller feels it."""

    deployed: Deployed
    to_first_answer: float
    """Seconds from the call of deploy to the first prediction's answer."""


def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the predictions, and stop what was started.")] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Fill the platform with people, projects, models, traffic and conversations.")
    ] = False,
    json: Json = False,
) -> None:
    """See it work: starts a platform if none runs, trains a model on real data, deploys it and sends predictions.

    Stays up until Ctrl-C. A platform that it starts lives in a home folder of its own, which goes with it."""
    require_server("demo")
    _stop_on_sigterm()
    out = console(stderr=json)
    if full:
        require_packages(full=True)
        _full(out, once=once, json=json)
        return
    trained = trained_model()
    out.print(f"trained on {trained.description}", markup=False)
    with contextlib.suppress(KeyboardInterrupt), running_platform(out) as platform:
        with Client(platform.url, platform.token) as client:
            first = _deploy(client, trained, out)
            again = _deploy(client, trained, out)
            equal, seconds = _compare(client, trained)
        if json:
            print_json(_facts(platform.url, first, again, trained, equal))
        else:
            curl = curl_line(first.deployed.url, first.deployed.example[:1], token_file=platform.token_file)
            _show(out, curl, (first, again), trained, equal=equal, seconds=seconds)
        if equal != len(trained.expected):
            raise UnshelfError(
                f"{len(trained.expected) - equal} of {len(trained.expected)} predictions differ from the model's own.",
                code="demo_differs",
                hint="That must never be: please report it.",
            )
        if not once:
            out.print("\nCtrl-C ends the demo.", style="dim")
            threading.Event().wait()


def _full(out: Console, *, once: bool, json: bool) -> None:
    """Fill a platform, and stay up."""
    with contextlib.suppress(KeyboardInterrupt), running_platform(out) as platform:
        with Client(platform.url, platform.token) as client:
            began = time.monotonic()
            parts = fill_platform(client, out, platform.home)
            seconds = time.monotonic() - began
        if json:
            print_json({"url": platform.url, "seconds": seconds, "parts": parts})
        else:
            _show_ways(out, platform, seconds)
        if not once:
            out.print("\nCtrl-C ends the demo.", style="dim")
            threading.Event().wait()


def _show_ways(out: Console, platform: RunningPlatform, seconds: float) -> None:
    """Say how to look at what was filled, from another terminal."""
    out.print(f"\nfilled in {seconds:.0f} s. In another terminal:\n", markup=False)
    if platform.token_file is not None:
        out.print(f"export UNSHELF_HOME={platform.token_file.parent}", markup=False, soft_wrap=True)
    for line in ("unshelf search credit", "unshelf projects show credit", "unshelf show credit-default", "unshelf activity",
                 "unshelf requests", "unshelf logs churn"):  # fmt: skip
        out.print(line, markup=False)


def _deploy(client: Client, trained: Trained, out: Console) -> Timing:
    """Deploy and ask once. The second time the environment is there already."""
    out.print()
    began = time.monotonic()
    with progress(out) as report:
        deployed = client.deploy(
            trained.model,
            name=NAME,
            options=DeployOptions(example=trained.rows[:5], baseline=trained.baseline, description="The demo's model."),
            release=True,
            report=report,
        )
    client.predict(deployed.reference, trained.rows[:1])
    return Timing(deployed=deployed, to_first_answer=time.monotonic() - began)


def _compare(client: Client, trained: Trained) -> tuple[int, float]:
    """How many answers equal the model's own, and how long they all took."""
    began = time.monotonic()
    answers: list[Any] = []
    for place in range(len(trained.rows)):
        answers += client.predict(NAME, trained.rows[place : place + 1])
    seconds = time.monotonic() - began
    return sum(answer == own for answer, own in zip(answers, trained.expected, strict=True)), seconds


def _show(
    out: Console, curl: str, timings: tuple[Timing, Timing], trained: Trained, *, equal: int, seconds: float
) -> None:
    first, again = timings
    count = len(trained.expected)
    out.print(
        f"\n{count} predictions, one by one, in {seconds:.2f} s ({seconds / count * 1000:.1f} ms each); "
        f"{equal} equal the model's own bit for bit",
        markup=False,
    )
    out.print(f"from deploy to the first answer, environment to be built: {first.to_first_answer:6.2f} s", markup=False)
    out.print(f"from deploy to the first answer, environment known:   {again.to_first_answer:6.2f} s\n", markup=False)
    out.print(Text(f"{again.deployed.url}\n", style="bold"))
    out.print(curl, markup=False, soft_wrap=True)


def _facts(url: str, first: Timing, again: Timing, trained: Trained, equal: int) -> dict[str, Any]:
    return {
        "url": url,
        "address": again.deployed.url,
        "predictions": len(trained.expected),
        "equal": equal,
        "first": {"seconds": first.to_first_answer, "steps": first.deployed.steps},
        "again": {"seconds": again.to_first_answer, "steps": again.deployed.steps},
    }


def _stop_on_sigterm() -> None:
    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - as signals call it
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
