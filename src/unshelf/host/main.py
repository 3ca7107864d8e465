"""The host process: wiring, the lifeline to the supervisor, and a clean end."""

import asyncio
import logging
import os
import shutil
import sys
from pathlib import Path

import msgspec
import uvloop

from unshelf.contracts.configs import HostConfig
from unshelf.contracts.home import HOST_SOCKET, Home, heartbeat_file
from unshelf.host.artifacts.bundles import BundleStore
from unshelf.host.artifacts.environments import EnvironmentStore
from unshelf.host.artifacts.interpreters import Interpreters
from unshelf.host.connections import Connections
from unshelf.host.fleet.fleet import Fleet
from unshelf.host.fleet.routing import Routing
from unshelf.host.jobs.attempts import AttemptKeeper
from unshelf.host.jobs.code_fetcher import Bounds, CodeFetcher
from unshelf.host.launch.launcher import Launcher
from unshelf.host.launch.network.relays import Relays
from unshelf.host.launch.process import WORKER_MAIN
from unshelf.host.launch.replica import SOCKETS
from unshelf.host.launch.scratch import remove_unused, sweep_scratch
from unshelf.host.launch.secrets import Secrets
from unshelf.host.launch.tiers import Tiers
from unshelf.host.machine.facts import memory_bytes as machine_memory
from unshelf.host.machine.gpus import Gpus, find_gpus
from unshelf.host.machine.memory import budget_bytes
from unshelf.host.metering.meter import UsageMeter
from unshelf.host.packages.uv import PRIVATE, BuildLimits, Uv
from unshelf.host.prepare.bundling import PROGRAM, Bundler
from unshelf.host.prepare.checks import CHECK_LOG, Checker
from unshelf.host.prepare.environments import EnvironmentBuilder
from unshelf.host.prepare.export import EXPORT, EnvironmentExporter
from unshelf.host.prepare.prepare import Preparer
from unshelf.host.prepare.remaking import EnvironmentRemaker
from unshelf.host.prepare.turns import BuildTurns
from unshelf.host.sandbox.backends import SandboxRequired, open_sandbox
from unshelf.host.sandbox.cgroups import CgroupManager
from unshelf.host.sandbox.sandbox import Sandbox
from unshelf.host.service import HostService
from unshelf.runtime.blobs.backends import open_blobs
from unshelf.runtime.blobs.port import Blobs, BlobSettings
from unshelf.runtime.heartbeat import beat
from unshelf.runtime.lifecycle import forbid_core_dumps, leave_event, raise_file_limit, stop_event
from unshelf.runtime.logging import configure_logging
from unshelf.runtime.private_socket import listen_privately
from unshelf.runtime.sealing import Sealer

logger = logging.getLogger(__name__)

_ORPHAN_LOOK_SECONDS = 10.0


def main() -> None:
    """`python -m unshelf.host CONFIG_JSON`."""
    config = msgspec.json.decode(sys.argv[1], type=HostConfig)
    configure_logging("host", level=config.log_level)
    os.umask(0o077)
    raise_file_limit()
    forbid_core_dumps()  # secrets are in its memory
    try:
        uvloop.run(run_host(config))
    except SandboxRequired as error:
        sys.exit(f"unshelf: {error}")


async def run_host(config: HostConfig, *, worker_main: Path = WORKER_MAIN, bundling_program: str = PROGRAM) -> None:
    """Run until SIGTERM, SIGINT or the end of the supervisor; then stop every worker."""
    home = _home(Path(config.home))
    left_over = _clear(home)
    sandbox = await asyncio.to_thread(open_sandbox, config.sandbox, config.sandbox_users, home.folder)
    gpus = Gpus(find_gpus(config.gpus), seconds=config.start_seconds)
    tiers = Tiers(config.tiers, home.folder, gpus)
    relays = Relays(home, sandbox, config.egress_allow)
    uv = _uv(config, home, sandbox, tiers.groups, relays)
    interpreters, routing = Interpreters(uv), Routing(home.run)
    environments = EnvironmentStore(home, uv, lock_hosts=config.lock_hosts, bundle_wheels=config.bundle_wheels)
    blobs = open_blobs(BlobSettings(setting=config.blobs, folder=home.blobs, s3_endpoint=config.s3_endpoint))
    bundles = BundleStore(home, blobs)
    secrets = Secrets(home.held_secrets, Sealer(home.secrets_key))
    builder = EnvironmentBuilder(interpreters=interpreters, environments=environments, turns=BuildTurns())
    remaker = EnvironmentRemaker(builder, bundles, routing.environments)
    launcher = Launcher(
        home=home, environments=environments, bundles=bundles, tiers=tiers, sandbox=sandbox, secrets=secrets,
        relays=relays, project_of=routing.project_of, remake=remaker.ensure, worker_main=worker_main,
    )  # fmt: skip
    fleet, checker = _fleet(config, routing, launcher), _checker(config, home, sandbox, relays, worker_main)
    attempts = AttemptKeeper(home, blobs, environments, tiers, sandbox, relays=relays, remake=remaker.ensure)
    preparer = Preparer(
        interpreters=interpreters, environments=environments, bundles=bundles, checker=checker, tiers=tiers,
        turns=builder.turns,
    )  # fmt: skip
    bundler = _bundler(config, home, bundles, sandbox, groups=tiers.groups, program=bundling_program)
    fetcher = _fetcher(config, home, blobs, sandbox, groups=tiers.groups, relays=relays)
    service = HostService(
        home=home, uv=uv, interpreters=interpreters, routing=routing, environments=environments, bundles=bundles,
        fleet=fleet, preparer=preparer, builder=builder, bundler=bundler, exporter=EnvironmentExporter(builder, home=home, uv=uv),
        gpus=gpus, sandbox=sandbox, groups=tiers.groups, secrets=secrets, refusals=relays.refusals, attempts=attempts, fetcher=fetcher,
        meter=(meter := UsageMeter(home.meter, root=config.supervisor)), remaker=remaker,
    )  # fmt: skip
    swept, stop, leave = environments.sweep() + bundles.sweep(), stop_event(), leave_event()
    routing.on_change = fleet.follow_routing
    routing.load()
    attempts.adopt()
    serve = (connections := Connections(service.answer)).serve
    server = await asyncio.start_unix_server(serve, sock=listen_privately(Path(HOST_SOCKET)))
    logger.info("host ready", extra={"pid": os.getpid(), "swept": swept})
    fleet_loops = (routing.watch(), fleet.watch(), fleet.watch_process_limits(), fleet.trim_logs(), remaker.watch())
    loops = [asyncio.create_task(loop) for loop in (*fleet_loops, meter.watch(), beat(Path(heartbeat_file("host"))))]
    clearing = asyncio.create_task(_clear_later(left_over, tiers))
    ends = [asyncio.create_task(stop.wait()), asyncio.create_task(_leave(leave, server, home, attempts, meter))]
    await asyncio.wait([*loops, *ends], return_when=asyncio.FIRST_COMPLETED)
    server.close()
    for task in (*loops, clearing):
        task.cancel()
    await asyncio.gather(fleet.stop(), connections.close(), attempts.end(asked=stop.is_asked_for), remaker.stop())
    await relays.stop()
    await meter.look()
    tiers.close()
    sweep_scratch(home.run)
    (home.run / HOST_SOCKET).unlink(missing_ok=True)
    outcomes = await asyncio.gather(*loops, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome
    logger.info("host stopped")


async def _leave(
    wanted: asyncio.Event, server: asyncio.Server, home: Home, attempts: AttemptKeeper, meter: UsageMeter
) -> None:
    """End this process when that is wanted, and leave workers, relays and jobs as they are: gateways move to the next host's workers
    before they hang up on these."""
    await wanted.wait()
    server.close()
    (home.run / HOST_SOCKET).unlink(missing_ok=True)
    await attempts.leave()
    await meter.look()
    logger.info("host left; its workers serve until the next host's do")
    logging.shutdown()
    os._exit(0)  # an orderly end would end them


def _home(folder: Path) -> Home:
    """Make the folders, and work in the run folder: sockets have relative names."""
    home = Home(folder)
    for each in (
        home.bundles,
        home.manifests,
        home.environments,
        home.cache,
        home.jobs,
        home.job_files,
        home.run,
        home.worker_logs,
    ):
        each.mkdir(parents=True, exist_ok=True)
    os.chdir(home.run)
    return home


def _checker(config: HostConfig, home: Home, sandbox: Sandbox, relays: Relays, worker_main: Path) -> Checker:
    return Checker(
        home.run, seconds=config.check_seconds, sandbox=sandbox, relays=relays,
        network_default=config.network_default, worker_main=worker_main,
    )  # fmt: skip


def _fleet(config: HostConfig, routing: Routing, launcher: Launcher) -> Fleet:
    budget = budget_bytes(config.memory_budget_bytes, machine_memory()[0])
    return Fleet(routing, launcher, tiers=config.tiers, start_seconds=config.start_seconds, memory_budget=budget)


def _uv(config: HostConfig, home: Home, sandbox: Sandbox, groups: CgroupManager, relays: Relays) -> Uv:
    limits = BuildLimits(
        lock_seconds=config.lock_seconds, build_seconds=config.build_seconds, memory_bytes=config.build_memory_bytes,
        disk_bytes=config.build_disk_bytes,
    )  # fmt: skip
    hosts = [*(f"{host}:443" for host in config.lock_hosts), *config.build_hosts]
    return Uv(
        home.run, cache=home.cache / "uv", limits=limits, sandbox=sandbox, groups=groups, hosts=hosts, ways_out=relays
    )


def _bundler(
    config: HostConfig, home: Home, bundles: BundleStore, sandbox: Sandbox, *, groups: CgroupManager, program: str
) -> Bundler:
    return Bundler(
        home.run, bundles, sandbox=sandbox, groups=groups, seconds=config.check_seconds,
        memory_bytes=config.build_memory_bytes, disk_bytes=config.build_disk_bytes, prefix=PRIVATE, program=program,
    )  # fmt: skip


def _fetcher(
    config: HostConfig, home: Home, blobs: Blobs, sandbox: Sandbox, *, groups: CgroupManager, relays: Relays
) -> CodeFetcher:
    bounds = Bounds(
        seconds=config.lock_seconds, memory_bytes=config.build_memory_bytes, disk_bytes=config.build_disk_bytes
    )
    return CodeFetcher(
        home.run, blobs, sandbox=sandbox, groups=groups, ways_out=relays, policy=config.egress_allow, bounds=bounds
    )


def _clear(home: Home) -> list[Path]:
    """Remove the sockets, check logs and scratch folders of a host that was killed; returns those that its workers still use."""
    for pattern in (SOCKETS, f"{CHECK_LOG}*.log"):
        for path in home.run.glob(pattern):
            path.unlink(missing_ok=True)
    for prefix in (PRIVATE, EXPORT):
        for folder in home.run.glob(f"{prefix}*"):
            shutil.rmtree(folder, ignore_errors=True)
    return sweep_scratch(home.run)


async def _clear_later(used: list[Path], tiers: Tiers) -> None:
    """Remove what workers of a host that was killed leave, as they end: they may serve on for a minute."""
    tiers.sweep()
    while used:
        await asyncio.sleep(_ORPHAN_LOOK_SECONDS)
        used = [folder for folder in used if not await asyncio.to_thread(remove_unused, folder)]
        tiers.sweep()
