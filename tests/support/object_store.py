"""A real S3 server for tests: SeaweedFS, started once a session, with a bucket for each that asks."""

import contextlib
import json
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import s3fs

ACCESS_KEY, SECRET_KEY = "unshelf-tests", "not-a-secret-of-anybody"
_READY_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class ObjectStore:
    """A running S3 server."""

    endpoint: str
    environment: dict[str, str]
    """The AWS variables that let a process in."""

    def filesystem(self) -> s3fs.S3FileSystem:
        """Return a client of its own, which remembers nothing of what others wrote."""
        return s3fs.S3FileSystem(
            key=ACCESS_KEY, secret=SECRET_KEY, endpoint_url=self.endpoint, use_listings_cache=False,
            skip_instance_cache=True,
        )  # fmt: skip

    def bucket(self) -> str:
        """Make an empty bucket; its name."""
        name = f"test-{secrets.token_hex(6)}"
        self.filesystem().mkdir(name)
        return name


@contextlib.contextmanager
def running_object_store(folder: Path) -> Iterator[ObjectStore]:
    """Run SeaweedFS with its files in `folder`; ends it."""
    config = folder / "s3.json"
    credentials = [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}]
    identity = {"name": "tests", "credentials": credentials, "actions": ["Admin", "Read", "Write", "List", "Tagging"]}
    config.write_text(json.dumps({"identities": [identity]}))
    data = folder / "data"
    data.mkdir()
    names = ["master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc"]
    ports = dict(zip([*names, "s3.port", "s3.port.grpc"], _free_ports(8), strict=True))
    log = folder / "weed.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                str(Path(sys.executable).with_name("weed")), "server", "-s3", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
                f"-dir={data}", f"-s3.config={config}", "-s3.port.iceberg=0", "-s3.port.lance=0", "-volume.max=2000",
                "-master.volumeSizeLimitMB=64", "-master.telemetry=false",
                *(f"-{name}={port}" for name, port in ports.items()),
            ],
            stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd=folder,
        )  # fmt: skip
    try:
        endpoint = f"http://127.0.0.1:{ports['s3.port']}"
        environment = {
            "AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY, "AWS_DEFAULT_REGION": "us-east-1",
        }  # fmt: skip
        store = ObjectStore(endpoint=endpoint, environment=environment)
        _await_ready(store, process, log)
        yield store
    finally:
        process.kill()  # it would take its time to close files that nobody reads again
        process.wait(60)


def _await_ready(store: ObjectStore, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the server has stored an object: it listens before it has a place to put one."""
    deadline = time.monotonic() + _READY_SECONDS
    while True:
        if process.poll() is not None:
            raise AssertionError(f"the S3 server ended with {process.returncode}\n{log.read_text()[-4000:]}")
        try:
            bucket = store.bucket()
            store.filesystem().pipe_file(f"{bucket}/ready", b"yes")
            return
        except Exception as error:
            if time.monotonic() > deadline:
                raise AssertionError(f"no S3 server: {error}\n{log.read_text()[-4000:]}") from error
        time.sleep(0.1)


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
