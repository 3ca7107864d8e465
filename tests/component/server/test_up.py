"""`unshelf up` for real: what it says, what it refuses, what it leaves."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.support.waiting import wait_until

UP = (
    "import sys; from pathlib import Path; from unshelf.server.settings import Settings; from unshelf.server.up import run\n"
    "sys.exit(run(Settings(home=Path(sys.argv[1]), port=int(sys.argv[2]), host=sys.argv[3])))"
)


class Server:
    """One `unshelf up`, in a process of its own."""

    def __init__(
        self, home: Path, *, port: int = 0, host: str = "127.0.0.1", grpc_port: int = 0, **variables: str
    ) -> None:
        self.home = home
        self.said: list[str] = []
        environment = {name: value for name, value in os.environ.items() if not name.startswith("UNSHELF_")}
        command = [sys.executable, "-c", UP, str(home), str(port), host]
        self._log = home.with_name(f"{home.name}.log").open("w+")
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=self._log, text=True,
            env={**environment, "UNSHELF_GATEWAYS": "2", "UNSHELF_GRPC_PORT": str(grpc_port), **variables},
        )  # fmt: skip

    def await_ready(self) -> str:
        """The address it is ready at."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line.rstrip("\n"))
            if line.startswith("ready "):
                return line.split()[1]
        raise AssertionError(f"it ended before it was ready: {self.said}\n{self.log()}")

    def log(self) -> str:
        self._log.seek(0)
        return self._log.read()

    def descendants(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send the signal, if it still runs, and give the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        assert self.process.stdout is not None
        self.said += self.process.stdout.read().splitlines()
        status = self.process.wait(60)
        self.process.stdout.close()
        return status


def runs(process: psutil.Process) -> bool:
    """A zombie has ended; where it was orphaned, it is for the machine's first process to take note of that."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(home: str = "home", **options: object) -> Server:
        servers.append(Server(tmp_path / home, **options))  # type: ignore[arg-type]
        return servers[-1]

    yield start
    for server in servers:
        with contextlib.suppress(ValueError):  # its pipe is closed: the test has ended it
            server.end()
        server._log.close()


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    """systemd's end of its notifications."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(30)
        yield listening


def told(manager: socket.socket) -> dict[str, str]:
    """The next notification."""
    return dict(line.split("=", 1) for line in manager.recv(4096).decode().splitlines())


def everything(manager: socket.socket) -> list[dict[str, str]]:
    """All that was told and not read yet."""
    manager.setblocking(False)
    found: list[dict[str, str]] = []
    with contextlib.suppress(BlockingIOError):
        while True:
            found.append(told(manager))
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.long)])
def test_it_says_when_it_is_ready_and_leaves_nothing_when_it_ends(
    up: Callable[..., Server], manager: socket.socket, number: int
) -> None:
    server = up(NOTIFY_SOCKET=manager.getsockname(), WATCHDOG_USEC="3000000")
    url = server.await_ready()
    heard = [told(manager)]
    while "WATCHDOG" not in heard[-1] or "READY" not in set().union(*heard):
        heard.append(told(manager))
    assert {"READY": "1", "STATUS": f"ready at {url}", "MAINPID": str(server.process.pid)} in heard
    token = (server.home / "admin-token").read_text().strip()
    assert server.said[0] == f"Unshelf 0.1.0  home {server.home}"
    assert (server.home / "run/address").read_text() == url
    assert (
        httpx.get(f"{url}/api/v1/whoami", headers={"authorization": f"Bearer {token}"}, timeout=60).json()["id"]
        == "admin"
    )
    assert httpx.get(f"{url}/readyz", timeout=60).status_code == 200
    children = server.descendants()
    assert len(children) >= 4

    assert server.end(number) == 0
    last = [each for each in everything(manager) if "WATCHDOG" not in each]
    assert last[-1]["STOPPING"] == "1"
    assert not [child for child in children if runs(child)]
    assert not [path.name for path in (server.home / "run").iterdir() if path.suffix == ".sock"]
    assert not (server.home / "run/address").exists()
    assert token not in "".join(server.said) + server.log()
    assert all(json.loads(line)["event"] for line in server.log().splitlines())


@pytest.mark.long
def test_it_says_where_it_speaks_grpc_and_refuses_a_port_in_use(up: Callable[..., Server]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = up(grpc_port=port)
        assert refused.process.wait(60) == 1
        assert f"port {port} of 127.0.0.1 is in use by another program" in refused.log()
    server = up(grpc_port=port)
    server.await_ready()
    socket.create_connection(("127.0.0.1", port)).close()
    assert server.end() == 0
    assert f"grpc 127.0.0.1:{port}" in server.said


@pytest.mark.long
def test_a_second_server_on_the_same_home_is_refused_with_the_one_that_holds_it(up: Callable[..., Server]) -> None:
    first = up()
    first.await_ready()
    second = up()
    assert second.process.wait(60) == 1
    assert f"in use by another `unshelf up`, process {first.process.pid}" in second.log()


def test_a_port_in_use_is_said(up: Callable[..., Server]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = up(port=port)
        assert server.process.wait(60) == 1
    assert f"port {port} of 127.0.0.1 is in use" in server.log()


def test_an_address_others_can_reach_is_refused_unless_it_is_meant(up: Callable[..., Server], tmp_path: Path) -> None:
    server = up(host="0.0.0.0")
    assert server.process.wait(60) == 1
    assert "UNSHELF_EXPOSE=1" in server.log()
    assert not (tmp_path / "home").exists()


def test_a_home_that_can_not_be_made_is_said(up: Callable[..., Server], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    server = up("file")
    assert server.process.wait(60) == 1
    assert f"can't use {tmp_path / 'file'}" in server.log()


@pytest.mark.long
def test_after_kill_9_it_starts_again_at_once_on_the_same_port(up: Callable[..., Server]) -> None:
    first = up()
    url = first.await_ready()
    orphans = first.descendants()
    first.end(signal.SIGKILL)
    left = [first.home / "run" / name for name in (".held-query-0", "scratch-0")]  # of control and of a worker
    for folder in left:
        folder.mkdir()
    second = up(port=int(url.rpartition(":")[2]))
    assert second.await_ready() == url
    assert not [orphan for orphan in orphans if runs(orphan)]
    assert not [folder for folder in left if folder.exists()]


@pytest.mark.long
@pytest.mark.skipif(os.geteuid() != 0, reason="needs a namespace of processes")
def test_as_the_first_process_of_a_container_it_reaps_orphans_and_leaves_nothing(tmp_path: Path) -> None:
    """Given a server that is PID 1, when a program in its container leaves an orphan, then no zombie stays; and it ends in order."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("UNSHELF_")}
    command = [sys.executable, "-c", UP, str(tmp_path / "home"), "0", "127.0.0.1"]
    with subprocess.Popen(
        ["unshare", "--pid", "--fork", "--mount-proc", *command], stdout=subprocess.PIPE, text=True, env=environment
    ) as outside:
        assert outside.stdout is not None
        assert any(line.startswith("ready ") for line in outside.stdout)
        (first,) = psutil.Process(outside.pid).children()
        inside = ["nsenter", "--target", str(first.pid), "--pid", "--mount"]
        subprocess.run([*inside, "sh", "-c", "(sleep 0.2; exit 3) & (exec sleep 0.3) &"], check=True)
        server = first.children()[0]
        assert [each.pid for each in server.children()]
        wait_until(lambda: first.children() == [server], what="the end of the orphans")
        everyone = first.children(recursive=True)
        first.send_signal(signal.SIGTERM)
        assert outside.wait(60) == 0
    assert not [each for each in everyone if runs(each)]


@pytest.mark.long
def test_it_serves_on_ipv6_and_says_so_as_people_write_it(up: Callable[..., Server]) -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as free:
        port = free.getsockname()[1]
    server = up(host="::1", grpc_port=port)
    url = server.await_ready()
    assert url.startswith("http://[::1]:")
    assert httpx.get(f"{url}/readyz", timeout=60).status_code == 200
    assert server.end() == 0
    assert f"grpc [::1]:{port}" in server.said


@pytest.mark.long
def test_a_signal_to_all_processes_at_once_is_an_orderly_end(up: Callable[..., Server]) -> None:
    """Given a service manager that signals all of its group, then each process ends in order, and nothing is logged as an error."""
    server = up()
    server.await_ready()
    everyone = server.descendants()
    for each in everyone:
        with contextlib.suppress(psutil.NoSuchProcess):
            each.terminate()
    assert server.end() == 0
    assert not [each for each in everyone if runs(each)]
    lines = [json.loads(line) for line in server.log().splitlines()]
    assert [line for line in lines if line["level"] in ("error", "critical")] == []
