"""`unshelf up`: one command that holds a home folder, listens, and keeps the processes of a server running."""

import os
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from unshelf.contracts.home import Home
from unshelf.manage.backups.unfinished import RestoreUnfinished, refuse_unfinished
from unshelf.runtime.logging import configure_logging
from unshelf.runtime.machine.own_group import enter_leaf
from unshelf.runtime.machine.refused_files import owner_hint
from unshelf.server.backends import UnknownBackend, refuse_unusable_backends
from unshelf.server.backups.upgrade import CannotUpgrade, prepare_upgrade
from unshelf.server.extras import ExtraMissing, refuse_missing_extras
from unshelf.server.home import BadAdminToken, HomeInUse, hold_home, make_home, reset_counters
from unshelf.server.listening import CannotListen, is_loopback, listen, reserve
from unshelf.server.rolling.changes import misspelled, values_of
from unshelf.server.running.serve import HeldServer, serve
from unshelf.server.running.words import say
from unshelf.server.service.first_process import run_reaping
from unshelf.server.settings import Settings
from unshelf.server.supervisor import NeverReady

_PATIENCE_SECONDS = 10.0
"""How long the gateways of a server that was killed may keep the port before it counts as taken."""


def run(settings: Settings, given: Mapping[str, Any] | None = None) -> int:
    """Serve in the foreground until SIGTERM, SIGINT or SIGHUP; the exit status.

    `given`: the settings that came from the command line, and not from the environment; None: all that are not the defaults."""
    return run_reaping(lambda: _run(settings, values_of(settings, given=True) if given is None else given))


def _run(settings: Settings, given: Mapping[str, Any]) -> int:
    configure_logging("supervisor", level=settings.log_level)
    os.umask(0o077)  # what we write is for this user alone, in every process
    home, folder = Home(settings.home), str(Path.cwd())
    for name, near in misspelled(os.environ):
        say(f"{name} is no setting and changes nothing; did you mean {near}?")
    try:
        _refuse_exposure(settings)
        refuse_missing_extras(settings)
        refuse_unusable_backends(settings)
        refuse_unfinished(home)
        make_home(home)
        with hold_home(home) as hold:
            reset_counters(home)
            enter_leaf()
            upgrading = prepare_upgrade(settings)
            if upgrading:
                say(upgrading)
            patience = _PATIENCE_SECONDS if hold.killed_before else 0.0
            with listen(settings.host, settings.port, patience=patience) as listening, _grpc_port(settings) as grpc:
                held = HeldServer(lock=hold.descriptor, listening=listening, grpc=grpc, folder=folder, given=given)
                return serve(settings, held)
    except (CannotListen, ExtraMissing, UnknownBackend, HomeInUse, BadAdminToken, NeverReady, CannotUpgrade) as error:
        print(f"unshelf up: {error}", file=sys.stderr)  # noqa: T201 -- for the person who typed it
        return 1
    except RestoreUnfinished as error:
        print(f"unshelf up: {error.detail} {error.hint}", file=sys.stderr)  # noqa: T201
        return 1
    except OSError as error:
        said = f"can't use {error.filename or home.folder}: {error.strerror}"
        print(". ".join(filter(None, (f"unshelf up: {said}", owner_hint(error)))), file=sys.stderr)  # noqa: T201
        return 1


def _grpc_port(settings: Settings) -> AbstractContextManager[Any]:
    """The port for gRPC, held for the gateways; nothing where none is wanted."""
    return reserve(settings.host, settings.grpc_port) if settings.grpc_port else nullcontext()


def _refuse_exposure(settings: Settings) -> None:
    if not settings.expose and not is_loopback(settings.host):
        raise CannotListen(
            f"{settings.host} can be reached from other machines; if that is meant, say --expose or UNSHELF_EXPOSE=1 "
            "(and put a proxy that speaks TLS before it)"
        )
