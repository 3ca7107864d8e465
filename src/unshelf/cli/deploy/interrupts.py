"""Deploys whose command is interrupted: each is cancelled, left running, or watched on."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

import typer

from unshelf.cli.deploy.progress import progress
from unshelf.cli.output import console
from unshelf.client.client import Client
from unshelf.client.errors import Conflict
from unshelf.client.results import Deployed

_CHOICES = ("cancel", "leave", "watch")


class Terminated(KeyboardInterrupt):
    """SIGTERM came: nobody is asked."""


@contextmanager
def interruptible() -> Iterator[None]:
    """Have SIGTERM raise Terminated meanwhile, so that a CI job that is stopped leaves no deploy behind."""
    if threading.current_thread() is not threading.main_thread():  # signals are the main thread's
        yield
        return
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _terminate(_number: int, _frame: FrameType | None) -> NoReturn:
    raise Terminated


def cancel_or_leave(client: Client, deploy_id: str, interrupt: KeyboardInterrupt, *, json: bool) -> Deployed:
    """Ask what becomes of a running deploy and do it; without a terminal, cancel it.

    Returns the deploy where it came to its end all the same. Raises DeployFailed once it is cancelled, and typer.Exit
    where it is left running."""
    while True:
        choice = "cancel"
        if not json and not isinstance(interrupt, Terminated) and sys.stdin.isatty() and sys.stderr.isatty():
            choice = _ask()
        if choice == "leave":
            leave(deploy_id)
        if choice == "cancel":
            try:
                client.cancel_deploy(deploy_id)
            except Conflict:  # it is over, or its version is live: what follows says how it ended
                console(stderr=True).print("It is too late to cancel the deploy.", style="yellow")
            return client.attach(deploy_id)
        try:
            with progress(console(), json=json) as report:
                return client.attach(deploy_id, report=report)
        except KeyboardInterrupt as again:
            interrupt = again


def leave(deploy_id: str) -> NoReturn:
    """Say how a deploy that goes on can be followed, and end the command as one that did not see it through."""
    said = f"The deploy goes on. Follow it: unshelf deploys attach {deploy_id} · end it: unshelf deploys cancel {deploy_id}"
    console(stderr=True).print(said, soft_wrap=True)
    raise typer.Exit(1)


def _ask() -> str:
    console(stderr=True).print("\nCancel the deploy, or leave it running? (watch: go on showing it; Ctrl-C: cancel)")
    while True:
        try:
            answer = str(typer.prompt("cancel, leave or watch", default="cancel", err=True)).strip().lower()
        except typer.Abort:  # Ctrl-C once more
            return "cancel"
        for choice in _CHOICES:
            if answer and choice.startswith(answer):
                return choice
