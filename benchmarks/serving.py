"""Requests a second and latency, side by side: ours and each peer in turn, the same model, the same load, over 1 to 256 connections.

Each peer is first tried in every one of its settings, and then measured in the best. Measuring goes in rounds, so that a
slow minute of the machine hits everybody. Nothing but the system under load and wrk runs meanwhile."""

import argparse
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.load import Figures, NoLoadGenerator, VersionTarget, require_wrk, run_load
from benchmarks.ours import OURS, check, iris_platform, seconds_in_process, target, train_iris
from benchmarks.peers import CASES, PEERS, Peer, Setting, encode
from benchmarks.plots import lines
from benchmarks.report import milliseconds, plot_link, table, write_section
from benchmarks.running import Unusable, check_answers, install, running

TRIAL_CONNECTIONS = 64
OURS_ALONE = 512
"""Connections that only ours is measured with, to see whether it collapses."""
AT_ONE = 5
"""How often one connection is measured in a round: its slowest hundredth hangs on a few stalls of the machine."""
CEILING = "granian"

console = Console()


@dataclass
class System:
    """A system under test, and what was measured: connections → Figures of each round."""

    title: str
    setting: Setting
    peer: Peer | None = None
    """None: ours."""
    tried: dict[str, Figures] = field(default_factory=dict)
    """Setting → its trial."""
    unusable: dict[str, str] = field(default_factory=dict)
    """Setting → why it could not be tried."""
    measured: dict[int, list[Figures]] = field(default_factory=lambda: defaultdict(list))

    @contextmanager
    def started(self) -> Iterator[VersionTarget]:
        """Started and seen to answer right, before the load and after it."""
        if self.peer is None:
            with iris_platform() as platform:
                yield target(platform)
                check(platform)
        else:
            with running(self.peer, self.setting) as url:
                yield VersionTarget(url=url, body=encode(self.setting, CASES[0][0]))
                check_answers(url, self.setting, predicts=self.peer.predicts)

    def median(self, connections: int, figure: str) -> float:
        """The median over the rounds of `rate`, `p50` or `p99`."""
        return statistics.median(getattr(figures, figure) for figures in self.measured[connections])

    def errors(self, connections: int) -> int:
        """Over all rounds."""
        return sum(figures.errors for figures in self.measured[connections])


def main() -> int:
    options = _options()
    try:
        require_wrk()
    except NoLoadGenerator as error:
        console.print(f"[red]{error}[/red]")
        return 1
    ours = System("Unshelf", OURS)
    systems = [ours, *_peers(options)]
    for number in range(1, options.rounds + 1):
        for system in systems:
            console.print(f"round {number} of {options.rounds}: {system.title} ({system.setting.name}) …")
            _measure(system, options)
    with tempfile.TemporaryDirectory() as scratch:
        in_process = seconds_in_process(train_iris(Path(scratch)))
    for connections in options.connections:
        console.print(_shown(systems, connections))
    print(_verdict(systems, options.connections, in_process))
    if options.docs:
        page = write_section("serving", "Addresses", _section(systems, options, in_process))
        console.print(f"written: {page}")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-serving ARGS=…", description=__doc__)
    keys = [peer.key for peer in PEERS]
    parser.add_argument(
        "--peers", default=",".join(keys), help=f"which, separated by commas, or none (of {', '.join(keys)})"
    )
    parser.add_argument("--connections", default="1,16,64,256", help="levels, separated by commas")
    parser.add_argument("--seconds", type=int, default=5, help="of load, for each level and round")
    parser.add_argument("--warm-up", type=int, default=2, help="seconds of load before each, not counted")
    parser.add_argument("--rounds", type=int, default=3, help="how often each system is measured; medians are shown")
    parser.add_argument(
        "--no-docs", dest="docs", action="store_false", help="only print; leave docs/benchmarks.md as it is"
    )
    options = parser.parse_args()
    options.connections = [int(number) for number in options.connections.split(",")]
    options.peers = [] if options.peers == "none" else options.peers.split(",")
    unknown = set(options.peers) - set(keys)
    if unknown:
        parser.error(f"no such peer: {', '.join(sorted(unknown))}; there are {', '.join(keys)}")
    return options


def _peers(options: argparse.Namespace) -> list[System]:
    """The chosen peers, each in its best setting. One that can't be installed or run is said, and the others go on."""
    systems = []
    for peer in PEERS:
        if peer.key not in options.peers:
            continue
        console.print(f"{peer.title}: installing …")
        try:
            version = install(peer)
        except Unusable as error:
            console.print(f"[red]{peer.title} can't be installed; the others go on.[/red] {error}")
            continue
        system = System(f"{peer.title} {version}", peer.settings[0], peer)
        _choose_setting(system, options)
        if system.tried:
            systems.append(system)
        else:
            console.print(f"[red]{peer.title} does not run in any setting; the others go on.[/red]")
    return systems


def _choose_setting(system: System, options: argparse.Namespace) -> None:
    if system.peer is None:
        raise ValueError("ours has one setting: as it ships")
    for setting in system.peer.settings:
        system.setting = setting
        try:
            with system.started() as load:
                figures = run_load(
                    load, connections=TRIAL_CONNECTIONS, seconds=options.seconds, warm_up=options.warm_up
                )  # fmt: skip
        except Unusable as error:
            console.print(f"  [red]{setting.name}: {error}[/red]")
            system.unusable[setting.name] = str(error).splitlines()[0]
            continue
        console.print(
            f"  {setting.name}: {figures.rate:,.0f}/s, p99 {milliseconds(figures.p99)} ms, {figures.errors} errors"
        )
        system.tried[setting.name] = figures
    if system.tried:
        best = max(system.tried, key=lambda name: system.tried[name].rate)
        system.setting = next(setting for setting in system.peer.settings if setting.name == best)


def _measure(system: System, options: argparse.Namespace) -> None:
    levels = [
        *options.connections,
        *([OURS_ALONE] if system.peer is None and OURS_ALONE not in options.connections else []),
    ]
    try:
        with system.started() as load:
            for connections in levels:
                for _ in range(AT_ONE if connections == 1 else 1):
                    figures = run_load(load, connections=connections, seconds=options.seconds, warm_up=options.warm_up)
                    system.measured[connections].append(figures)
    except Unusable as error:
        if system.peer is None:
            raise
        console.print(f"[red]{system.title}: {error}[/red]")


def _ratio(systems: list[System], system: System, connections: int) -> str:
    if system is systems[0]:
        return "1.0"
    rate = system.median(connections, "rate")
    if not rate:
        return "∞"
    ratio = systems[0].median(connections, "rate") / rate
    return f"{ratio:.1f}" if ratio < 100 else f"{ratio:,.0f}"


def _rows(systems: list[System], connections: int) -> list[list[str]]:
    return [
        [
            system.title,
            f"{system.median(connections, 'rate'):,.0f}",
            milliseconds(system.median(connections, "p50")),
            milliseconds(system.median(connections, "p99")),
            str(system.errors(connections)),
            _ratio(systems, system, connections),
        ]
        for system in systems
        if system.measured.get(connections)
    ]


_HEADER = ["system", "requests/s", "p50 ms", "p99 ms", "errors", "ours / it"]


def _shown(systems: list[System], connections: int) -> Table:
    shown = Table(title=f"{connections} connection{'s' * (connections > 1)}")
    for index, column in enumerate(_HEADER):
        shown.add_column(column, justify="right" if index else "left")
    for row in _rows(systems, connections):
        shown.add_row(*row)
    return shown


def _verdict(systems: list[System], levels: list[int], in_process: float) -> str:
    """What the targets are about, in plain sentences."""
    ours, told = systems[0], []
    peers = [system for system in systems[1:] if system.peer is not None and system.peer.key != CEILING]
    ceiling = next((system for system in systems[1:] if system.peer is not None and system.peer.key == CEILING), None)
    at = TRIAL_CONNECTIONS if TRIAL_CONNECTIONS in levels else levels[-1]
    measured = [peer for peer in peers if peer.measured.get(at)]
    if measured:
        fastest = max(measured, key=lambda peer: peer.median(at, "rate"))
        told.append(
            f"At {at} connections ours answers {_ratio(systems, fastest, at)} × as many as the fastest peer, {fastest.title}."
        )
    if ceiling is not None and ceiling.measured.get(at):
        share = 100 * ours.median(at, "rate") / ceiling.median(at, "rate")
        told.append(f"That is {share:.0f} % of {ceiling.title} ({ceiling.setting.name}), which predicts nothing.")
    higher = [
        f"{peer.title} at {level}"
        for peer in peers
        for level in levels
        if peer.measured.get(level) and peer.median(level, "p99") <= ours.median(level, "p99")
    ]
    if peers:
        but = f", but not: {', '.join(higher)}" if higher else ""
        told.append(f"p99 is lower than every peer's at every level{but}.")
    if ours.measured.get(1):
        added = ours.median(1, "p50") - 1000 * in_process
        told.append(
            f"Over the in-process call ({1000 * in_process:.3f} ms) one connection adds {added:.3f} ms (median)."
        )
    if ours.measured.get(OURS_ALONE):
        told.append(
            f"With {OURS_ALONE} connections ours answers {ours.median(OURS_ALONE, 'rate'):,.0f}/s, "
            f"p99 {milliseconds(ours.median(OURS_ALONE, 'p99'))} ms, {ours.errors(OURS_ALONE)} errors."
        )  # fmt: skip
    return "\n".join(told)


def _section(systems: list[System], options: argparse.Namespace, in_process: float) -> str:
    series = [system for system in systems if system.measured]
    plots = [
        (figure, lines(
            f"serving-{figure}",
            {one.title: [(level, one.median(level, figure)) for level in sorted(one.measured)] for one in series},
            title=title, x="connections", y=title, logarithmic=True, marked=systems[0].title,
        ))
        for figure, title in (("rate", "requests a second"), ("p99", "p99 in milliseconds"))
    ]  # fmt: skip
    tables = [
        f"### {level} connection{'s' * (level > 1)}\n\n{table(_HEADER, _rows(systems, level))}"
        for level in sorted(systems[0].measured)
    ]
    tried = [
        [
            f"{system.title}, {name}{' (taken)' if name == system.setting.name else ''}",
            f"{f.rate:,.0f}",
            milliseconds(f.p50),
            milliseconds(f.p99),
            str(f.errors),
        ]
        for system in systems[1:]
        for name, f in system.tried.items()
    ]
    failed = [f"- {one.title}, {name}: {why}" for one in systems[1:] for name, why in one.unusable.items()]
    said = f' ARGS="{chr(32).join(sys.argv[1:])}"' if sys.argv[1:] else ""
    often = f" (one connection: {AT_ONE} times a round)" if 1 in options.connections else ""
    return "\n\n".join([
        f"`make bench-serving{said}`: scikit-learn's scaler and logistic regression on iris, one row a request, "
        f"from wrk with one thread on the same machine, {options.seconds} s a level after {options.warm_up} s of warm-up, medians of "
        f"{options.rounds} rounds in turn{often}. "
        "Times are what was waited for answers: what wrk adds to them after a stall, for requests that it never sent, is taken out. "
        "Ours as it ships: authentication, validation and recording on. Peers: no authentication, no records; "
        "each in the fastest of the settings below.",
        "\n".join(f"- {line}" for line in _verdict(systems, options.connections, in_process).splitlines()),
        *(plot_link(path, figure) for figure, path in plots),
        *tables,
        f"### Settings tried, {TRIAL_CONNECTIONS} connections\n\n{table(['peer', *_HEADER[1:5]], tried)}" if tried else "",
        "\n".join(failed),
    ])  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
