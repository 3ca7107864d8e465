"""The worker imports nothing of ours: these tests hold its readers and writers, the contract and the reference page together."""

import json
import os
import re
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from msgspec.structs import fields

from unshelf.contracts.bundle import MAX_BATCH_ROWS, Loader, Manifest
from unshelf.contracts.protocols import worker as contract
from unshelf.contracts.protocols import zygote as zygote_protocol
from unshelf.worker.checks.batch_equivalence import MOST_ROWS
from unshelf.worker.errors import CheckFailed, RequestRefused
from unshelf.worker.process import config, zygote_messages
from unshelf.worker.process.report import Reporter

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "worker-protocol.md").read_text()
MANIFEST = Manifest(loader=Loader(kind="sklearn", file="model.skops"), files=[], python="3.11")
GROUP = contract.LimitGroup(file="/sys/fs/cgroup/w1/cgroup.procs", holds="memory 1 GiB (cgroup v2)", memory=True)
LIMITS = contract.WorkerLimits(groups=[GROUP], memory_bytes=1 << 30, memory_text="1 GiB")
CONFIG = contract.WorkerConfig(
    bundle="/home/bundles/b", model="iris", version=3, manifest=MANIFEST, signature=None, batchable=True, max_batch_rows=7,
    max_batch_bytes=8, batch_wait_seconds=0.5, busy_poll=True, limits=LIMITS, variables={"TZ": "UTC"},
)  # fmt: skip
CHECKED = {
    "python": "3.11.7", "load_seconds": 0.1, "predict_seconds": None, "memory_bytes": 1, "example_rows": 2, "batchable": False,
    "batchable_reason": "why", "batch_rows": 0, "fork_safe": True, "fork_safe_reason": "", "modules": ["numpy"], "signature": None,
    "streams": False, "scores_reason": "", "calls": 3, "warnings": ["while loading the model: UserWarning: old"],
}  # fmt: skip
FILLED_BY_THE_HOST = {"output"}
"""The fields of a check's findings that the worker can't know."""


def names(shape: Any) -> list[str]:
    return [field.encode_name for field in fields(shape)]


@pytest.mark.parametrize(
    ("copy", "shape"),
    [
        (config.Configuration, contract.WorkerConfig),
        (config.ConfiguredLimits, contract.WorkerLimits),
        (config.ConfiguredGroup, contract.LimitGroup),
        (config.ZygoteConfiguration, contract.ZygoteConfig),
        (zygote_messages.ForkOrder, zygote_protocol.ForkRequest),
    ],
)
def test_the_worker_s_copy_has_the_contract_s_fields(copy: Any, shape: Any) -> None:
    assert list(copy._fields) == names(shape)


def test_the_worker_reads_every_value_of_its_configuration() -> None:
    read = config.read_worker_config(msgspec.json.encode(CONFIG) + b"\n")
    expected = msgspec.to_builtins(CONFIG)
    found = read._asdict()
    found["limits"] = read.limits._asdict()
    found["limits"]["groups"] = [group._asdict() for group in read.limits.groups]
    assert found == expected


def test_the_worker_s_defaults_are_the_contract_s() -> None:
    least = {
        "bundle": "/b",
        "model": "iris",
        "version": 3,
        "manifest": msgspec.to_builtins(MANIFEST),
        "signature": None,
    }
    read = config.read_worker_config(json.dumps(least).encode())
    whole = config.read_worker_config(msgspec.json.encode(msgspec.convert(least, contract.WorkerConfig)))
    assert read == whole
    assert config.USUAL_TIMEOUT == MANIFEST.timeout == read.timeout
    assert MOST_ROWS == MAX_BATCH_ROWS


def test_the_worker_passes_over_what_a_later_host_adds() -> None:
    given = msgspec.to_builtins(CONFIG) | {"later": 1}
    given["limits"]["later"] = given["limits"]["groups"][0]["later"] = 1
    assert config.read_worker_config(json.dumps(given).encode()).limits.memory_text == "1 GiB"
    zygote = msgspec.to_builtins(contract.ZygoteConfig(modules=["numpy"], kinds=["sklearn"])) | {"later": 1}
    assert config.read_zygote_config(json.dumps(zygote).encode()) == (["numpy"], ["sklearn"], {})


def reports_of(*calls: Any) -> list[dict[str, Any]]:
    ours, theirs = os.pipe()
    reporter = Reporter(theirs)
    for call in calls:
        call(reporter)
    os.close(theirs)
    with os.fdopen(ours, "rb") as pipe:
        return [json.loads(line) for line in pipe]


def test_each_report_of_the_worker_is_whole_and_nothing_else() -> None:
    failure = CheckFailed("load", "ValueError: \udce9", hint="Deploy again.", traceback="Traceback \udce9")
    lines = reports_of(
        lambda worker: worker.serving(load_seconds=0.5, limits=["memory 1 GiB (rlimit)"], address="unix:w1.sock"),
        lambda worker: worker.used(requests=3, last_used=1.5),
        lambda worker: worker.refused("db.example.org:5432"),
        lambda worker: worker.out_of_memory(),
        lambda worker: worker.step("load"),
        lambda worker: worker.checked(**CHECKED),
        lambda worker: worker.failed(failure),
    )
    assert [type(contract.read_report(line)) for line in lines] == list(get_args(contract.WorkerReport))
    for line, shape in zip(lines, get_args(contract.WorkerReport), strict=True):
        assert set(line) == {"event", *names(shape)} - FILLED_BY_THE_HOST
    assert contract.read_report(lines[-1]) == contract.WorkerFailed(
        step="load", reason="ValueError: \\udce9", hint="Deploy again.", traceback="Traceback \\udce9"
    )


def test_the_zygote_reads_requests_and_writes_reports_of_the_contract() -> None:
    request = zygote_protocol.ForkRequest(
        id=4, modules=["numpy"], scratch="/tmp", walled=True, network="none", addresses=["10.0.0.5"],
        listeners=[("127.77.0.1", 5432)], shared_bytes=9, processes=7, filter="06ff",
    )  # fmt: skip
    read = zygote_messages.read_fork_request(msgspec.json.encode(request))
    assert read == (4, ["numpy"], "/tmp", True, "none", ["10.0.0.5"], [["127.77.0.1", 5432]], 9, 7, b"\x06\xff")
    plain = zygote_messages.read_fork_request(b'{"id": 4, "modules": [], "scratch": "/run/scratch-1"}')
    assert plain == (4, [], "/run/scratch-1", False, "full", [], [], 0, 0, b"")
    written = [
        zygote_messages.ready(), zygote_messages.forked(4), zygote_messages.refused(4, "no"), zygote_messages.ended(4, -9),
    ]  # fmt: skip
    assert [msgspec.json.decode(message, type=zygote_protocol.ZygoteReport) for message in written] == [
        zygote_protocol.ZygoteReady(),
        zygote_protocol.Forked(id=4),
        zygote_protocol.ForkRefused(id=4, reason="no"),
        zygote_protocol.ChildEnded(id=4, status=-9),
    ]


def test_an_error_of_the_worker_is_the_contract_s() -> None:
    errors = [{"row": 0, "column": "age", "expected": "int64", "got": "text"}]
    refused = RequestRefused(
        422, "invalid_input", "No.", hint="Send it right.", errors=errors, traceback="Traceback", retry_after=3
    )
    assert list(refused.fields()) == names(contract.PredictionFault)
    fault = msgspec.json.decode(json.dumps(refused.fields()), type=contract.PredictionFault)
    assert (fault.code, fault.errors[0].column) == ("invalid_input", "age")


def tables() -> list[list[list[str]]]:
    blocks = re.findall(r"(?:^\|.*\n)+", PAGE, re.MULTILINE)
    return [[[cell.strip() for cell in row.strip("|").split("|")] for row in block.splitlines()] for block in blocks]


@pytest.mark.parametrize(
    "shape",
    [
        contract.WorkerConfig,
        contract.WorkerLimits,
        contract.LimitGroup,
        contract.ZygoteConfig,
        zygote_protocol.ForkRequest,
    ],
)
def test_the_reference_page_has_every_field(shape: Any) -> None:
    assert f"`{shape.__name__}`" in PAGE
    documented = [
        [row[0].strip("`") for row in table[2:]] for table in tables() if table[0] == ["field", "type", "meaning"]
    ]
    assert names(shape) in documented


@pytest.mark.parametrize("reports", [contract.WorkerReport, zygote_protocol.ZygoteReport])
def test_the_reference_page_has_every_report_with_its_fields(reports: Any) -> None:
    expected = {shape.__struct_config__.tag: names(shape) for shape in get_args(reports)}
    documented: list[dict[str, list[str]]] = []
    for table in tables():
        if table[0] == ["event", "field", "meaning"]:
            events: dict[str, list[str]] = {}
            for event, field, _ in table[2:]:
                if event:
                    events[last := event.strip("`")] = []
                else:
                    events[last].append(field.strip("`"))
            documented.append(events)
    assert expected in documented
