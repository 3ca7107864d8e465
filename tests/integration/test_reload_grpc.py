"""`unshelf reload` under calls by gRPC on plain channels, which repeat nothing: none fails, and each has its record."""

import shutil
import socket
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.grpc_load import GrpcLoad
from tests.support.models import write_model
from tests.support.platform import Platform, running_platform
from tests.support.waiting import wait_until

SLOW = "import time\n\ndef predict(rows):\n    time.sleep(rows[0]['seconds'])\n    return [row['seconds'] for row in rows]\n"
LONGER_THAN_CONNECTIONS = 32.0
NGINX = """
pid {folder}/nginx.pid; error_log {folder}/error.log; daemon off; user root;
events {{ worker_connections 256; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  upstream unshelf_grpc {{ server 127.0.0.1:{port}; keepalive 16; }}
  server {{
    listen 127.0.0.1:{listen} http2;
    keepalive_requests 1000000;
    location / {{ grpc_pass grpc://unshelf_grpc; grpc_read_timeout 3700s; }}
  }}
}}
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def deploy(platform: Platform, folder: Path, name: str) -> None:
    model = write_model(folder / name, name=name, code=SLOW, example=[{"seconds": 0.0}])
    recipe = (model / "unshelf.toml").read_text()
    (model / "unshelf.toml").write_text(recipe.replace("[model]", "[model]\ntimeout = 60.0", 1))
    platform.cli("deploy", str(model))


def change(platform: Platform, *loads: GrpcLoad) -> None:
    """Have other processes take the place of the server's, and wait until the old gateways have ended, and all were answered since."""
    old = {each.pid for each in platform.processes("gateway")}
    wait_until(lambda: all(len(load.answered) > 30 or load.failed for load in loads))
    platform.cli("--home", str(platform.home), "reload")
    wait_until(lambda: not old & {each.pid for each in platform.processes("gateway")}, what="the old gateways end")
    asked = [len(load.answered) for load in loads]
    wait_until(
        lambda: all(len(load.answered) > before + 30 or load.failed for load, before in zip(loads, asked, strict=True))
    )


def assert_all_recorded(platform: Platform, *loads: GrpcLoad) -> None:
    assert {failed for load in loads for failed in load.failed} == set()
    models = {load.model for load in loads}
    records = [each for model in models for each in platform.records(model, 1_000_000) if each["protocol"] == "grpc"]
    assert [record["status"] for record in records] == [200] * sum(len(load.answered) for load in loads)
    assert "posix_engine" not in platform.log.read_text(), "the library of gRPC has nothing to complain of"


def test_one_change(tmp_path: Path) -> None:
    """Given callers on kept channels and on new ones, when the server changes, then no call fails, also as the old gateway ends."""
    port = free_port()
    with running_platform(tmp_path / "home", gateways="1", grpc_port=str(port), drain_seconds="1") as platform:
        deploy(platform, tmp_path, "quick")
        load = GrpcLoad(f"127.0.0.1:{port}", platform.token, "quick")
        try:
            change(platform, load)
        finally:
            load.end()
        assert_all_recorded(platform, load)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.skipif(shutil.which("nginx") is None, reason="needs nginx (apt-get install nginx-light)")
def test_change_after_change(tmp_path: Path) -> None:
    """Given two gateways, callers, others behind nginx, and a call that takes longer than connections last, when the server changes
    three times, then no call fails."""
    port, behind = free_port(), free_port()
    with (
        running_platform(tmp_path / "home", gateways="2", grpc_port=str(port), drain_seconds="1") as platform,
        ExitStack() as ending,
    ):
        for name in ("quick", "slow"):
            deploy(platform, tmp_path, name)
        loads = [GrpcLoad(f"127.0.0.1:{port}", platform.token, "quick", kept=4, fresh=3)]
        ending.callback(loads[0].end)
        (tmp_path / "nginx.conf").write_text(NGINX.format(folder=tmp_path, port=port, listen=behind))
        nginx = ending.enter_context(subprocess.Popen(["nginx", "-c", str(tmp_path / "nginx.conf")]))
        ending.callback(nginx.terminate)
        wait_until(lambda: (tmp_path / "nginx.pid").exists())
        loads.append(GrpcLoad(f"127.0.0.1:{behind}", platform.token, "quick"))
        ending.callback(loads[1].end)
        patient = GrpcLoad(f"127.0.0.1:{port}", platform.token, "slow", kept=0, fresh=0)
        for _ in range(3):
            slow = patient.ask_once(LONGER_THAN_CONNECTIONS)
            change(platform, *loads)
            slow.join(120)
        for load in loads:
            load.end()
        assert_all_recorded(platform, patient, *loads)
