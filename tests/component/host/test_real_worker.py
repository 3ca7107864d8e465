"""The host with the worker that Unshelf ships: a bundle is checked, published, woken and asked."""

import json
import socket
from pathlib import Path

from tests.component.host.running import PYTHON, RunningHost, put_blob, running_host
from unshelf.contracts.bundle import Batching, BundleFile, Loader, Manifest
from unshelf.contracts.protocols.frames import NATIVE, PREDICT, REQUEST, RESPONSE
from unshelf.contracts.protocols.host import Awake, Failed, Prepare, Prepared, Wake
from unshelf.contracts.signature import Column, Columns, Signature
from unshelf.host.launch.process import WORKER_MAIN

DOUBLE = b"import six\n\ndef predict(rows):\n    return [six.moves.range(int(row['x']) * 2).stop for row in rows]\n"
BROKEN = b"import no_such_module\n\ndef predict(rows):\n    return rows\n"


def bundle(host: RunningHost, code: bytes) -> Manifest:
    contents = {"predict.py": code, "example.json": json.dumps({"inputs": [{"x": 1}, {"x": 4}]}).encode()}
    return Manifest(
        loader=Loader(kind="python", entry="predict.py:predict"),
        files=[
            BundleFile(path=path, sha256=put_blob(host.home, content), size=len(content))
            for path, content in contents.items()
        ],
        python=PYTHON,
        requirements=["six"],
        signature=Signature(inputs=Columns(columns=[Column(name="x", type="int64")])),
        example="example.json",
        contains_code=True,
        batching=Batching(share=True),
    )


def predict(connection: socket.socket, body: bytes) -> tuple[int, bytes]:
    connection.sendall(REQUEST.pack(REQUEST.size - 4 + len(body), 1, PREDICT, NATIVE, 0, 0) + body)
    answer = b""
    while len(answer) < 4 or len(answer) < 4 + int.from_bytes(answer[:4], "little"):
        answer += connection.recv(65536)
    return RESPONSE.unpack_from(answer)[2], answer[RESPONSE.size :]


def test_from_a_bundle_to_an_answer(tmp_path: Path) -> None:
    with running_host(tmp_path / "home", worker=WORKER_MAIN) as host:
        manifest = bundle(host, DOUBLE)
        prepared = host.sender().ask(Prepare(id=1, model="m", manifest=manifest))
        assert isinstance(prepared, Prepared), prepared
        assert prepared.checks.example_rows == 2
        assert prepared.checks.batchable, prepared.checks.batchable_reason
        assert prepared.checks.signature is not None
        assert "six" in prepared.checks.modules

        signature = prepared.checks.signature
        host.publish(manifest, environment=prepared.environment, signature=signature, batchable=True)
        awake = host.sender().ask(Wake(id=2, model="m", version=1))
        assert isinstance(awake, Awake), awake
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(60)
            host.connect(connection, awake.address)
            status, outputs = predict(connection, b'{"inputs": [{"x": 21}]}')
            assert (status, json.loads(outputs)) == (200, [42])


def test_code_that_does_not_load_is_told_with_its_traceback(tmp_path: Path) -> None:
    with running_host(tmp_path / "home", worker=WORKER_MAIN) as host:
        failed = host.sender().ask(Prepare(id=1, model="m", manifest=bundle(host, BROKEN)))
        assert isinstance(failed, Failed)
        assert (failed.code, failed.step) == ("check_failed", "check")
        assert "loading the model failed: ModuleNotFoundError" in failed.detail
        assert "no_such_module" in failed.hint
        assert "Traceback" in failed.log
        assert list((host.home / "bundles").iterdir()) == []
