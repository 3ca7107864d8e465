"""The host process: wiring, the lifeline to the supervisor, and a clean end."""

import asyncio
import logging
import os
import resource
import shutil
import signal
import sys
from pathlib import Path

import msgspec
import uvloop

from unshelf.contracts.logs import configure_logging
from unshelf.contracts.processes import HOST_SOCKET, HostConfig
from unshelf.host.bundles import Bundles
from unshelf.host.checks import CHECK_LOG, Checker
from unshelf.host.connections import Connections, bind
from unshelf.host.environments import Environments
from unshelf.host.fleet import Fleet
from unshelf.host.gpus import Gpus, find_gpus
from unshelf.host.interpreters import Interpreters
from unshelf.host.launching import Launcher
from unshelf.host.layout import Layout
from unshelf.host.machine import memory_bytes as machine_memory
from unshelf.host.memory import budget_bytes
from unshelf.host.preparing import Preparer
from unshelf.host.replicas import SOCKETS
from unshelf.host.routing import Routing
from unshelf.host.service import HostService
from unshelf.host.tiers import Tiers
from unshelf.host.uv import Uv
from unshelf.host.workers import SCRATCH, WORKER_MAIN

log = logging.getLogger(__name__)

_ORPHAN_SECONDS = 90.0
"""Workers of a host that was killed may serve on for 60 s; their scratch folders are removed after that."""
_LIFELINE = 0


def main() -> None:
    """`python -m unshelf.host CONFIG_JSON`."""
    config = msgspec.json.decode(sys.argv[1], type=HostConfig)
    configure_logging("host", level=config.log_level)
    os.umask(0o077)
    _allow_many_workers()
    uvloop.run(run_host(config))


async def run_host(config: HostConfig, *, worker_main: Path = WORKER_MAIN) -> None:
    """Run until SIGTERM, SIGINT or the end of the supervisor; then stop every worker."""
    layout = Layout(home=Path(config.home))
    layout.make()
    os.chdir(layout.run)  # sockets have relative names
    left_over = _clear(layout)
    uv = Uv(layout.run)
    interpreters = Interpreters(uv)
    routing = Routing(layout.routing)
    environments = Environments(layout, uv)
    bundles = Bundles(layout)
    gpus = Gpus(find_gpus(config.gpus), seconds=config.start_seconds)
    tiers = Tiers(config.tiers, layout.home, gpus)
    launcher = Launcher(layout=layout, environments=environments, bundles=bundles, tiers=tiers, worker_main=worker_main)
    budget = budget_bytes(config.memory_budget_bytes, machine_memory()[0])
    fleet = Fleet(routing=routing, launcher=launcher, start_seconds=config.start_seconds, memory_budget=budget)
    checker = Checker(layout.run, seconds=config.check_seconds, worker_main=worker_main)
    preparer = Preparer(
        interpreters=interpreters, environments=environments, bundles=bundles, checker=checker, tiers=tiers
    )
    service = HostService(
        layout=layout, uv=uv, interpreters=interpreters, routing=routing, environments=environments, bundles=bundles,
        fleet=fleet, preparer=preparer, gpus=gpus,
    )  # fmt: skip
    swept = environments.sweep() + bundles.sweep()
    stop = _stop_signal()
    fleet.refresh()
    connections = Connections(service.answer)
    server = await asyncio.start_unix_server(connections.serve, sock=bind(Path(HOST_SOCKET)))
    log.info("host ready", extra={"pid": os.getpid(), "swept": swept})
    loops = [
        asyncio.create_task(routing.watch(fleet.follow_table)),
        asyncio.create_task(fleet.watch()),
        asyncio.create_task(fleet.trim_logs()),
    ]
    tiers.sweep()
    clearing = asyncio.create_task(_clear_later(left_over, tiers))
    ended = asyncio.create_task(stop.wait())
    await asyncio.wait([*loops, ended], return_when=asyncio.FIRST_COMPLETED)
    log.info("host stopping")
    server.close()
    for task in (*loops, clearing):
        task.cancel()
    await fleet.stop()
    await connections.close()
    tiers.close()
    (layout.run / HOST_SOCKET).unlink(missing_ok=True)
    outcomes = await asyncio.gather(*loops, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome
    log.info("host stopped")


def _allow_many_workers() -> None:
    """Raise the limit on open files to what this process may have: each worker is three."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _stop_signal() -> asyncio.Event:
    """Set by SIGTERM, SIGINT and the end of the supervisor, which holds the other end of our standard input."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    def read_lifeline() -> None:
        if not os.read(_LIFELINE, 4096):
            loop.remove_reader(_LIFELINE)
            stop.set()

    loop.add_reader(_LIFELINE, read_lifeline)
    return stop


def _clear(layout: Layout) -> list[Path]:
    """Remove the sockets and check logs of a host that was killed; returns scratch folders that its workers may still use."""
    for pattern in (SOCKETS, f"{CHECK_LOG}*.log"):
        for path in layout.run.glob(pattern):
            path.unlink(missing_ok=True)
    return list(layout.run.glob(f"{SCRATCH}*"))


async def _clear_later(folders: list[Path], tiers: Tiers) -> None:
    if folders:
        await asyncio.sleep(_ORPHAN_SECONDS)
        tiers.sweep()
    for folder in folders:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
