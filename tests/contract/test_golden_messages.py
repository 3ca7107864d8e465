"""Messages and configurations of every process boundary, as the first release with that shape wrote them, are still read.

The golden files are never changed, only added to; `python -m tests.contract.test_golden_messages` writes those that are missing."""

from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from tests.contract.test_golden import GOLDEN, MANIFEST, TABULAR
from tests.support.stand_in_host import MACHINE
from unshelf.contracts import configs
from unshelf.contracts.bundle import BundleFile, Checks, NetworkAccess
from unshelf.contracts.metering import usage as usage_protocol
from unshelf.contracts.problems import InputError
from unshelf.contracts.protocols import (
    environments as environments_protocol,
)
from unshelf.contracts.protocols import (
    host as host_protocol,
)
from unshelf.contracts.protocols import (
    jobs as jobs_protocol,
)
from unshelf.contracts.protocols import (
    records as records_messages,
)
from unshelf.contracts.protocols import (
    worker as worker_protocol,
)
from unshelf.contracts.protocols import (
    zygote as zygote_protocol,
)
from unshelf.contracts.protocols.bundling import BundleChoices, MadeBundle, MadeFile
from unshelf.contracts.tiers import Tier

TIERS = {"small": Tier(cpu=1.0, memory_bytes=1 << 30, threads=1, gpu=1)}
CHECKS = Checks(python="3.11.7", load_seconds=0.5, memory_bytes=1 << 20, modules=["numpy"], signature=TABULAR)
REPLICA = host_protocol.Replica(
    model="iris", version=3, pid=7, address="w1.sock", state="serving", memory_bytes=1, started_at=1.5, last_used_at=2.5,
    requests=4, started_by="fork", spawned_because="", tier="small", limits=["memory 1 GiB (rlimit)"], gpus=["0"],
)  # fmt: skip

CONFIGS = [
    configs.GatewayConfig(
        trusted_proxies=["10.0.0.0/8"],
        index=1, gateways=2, home="/home", log_level="INFO", listen_fd=5, allowed_hosts=["localhost"], max_body_bytes=10,
        max_arrow_bytes=11, recorded_arrow_bytes=12, max_in_flight=3, segment_bytes=9, host="127.0.0.1", grpc_port=8001,
        otlp_endpoint="http://localhost:4318", otlp_ratio=0.5,
        deferred=configs.DeferredOptions(concurrency=1, queue=2, queue_bytes=3, keep_seconds=4.0, max_bytes=5),
        controls=2, drain_seconds=10.0,
    ),
    configs.HostConfig(
        home="/home", log_level="INFO", check_seconds=300.0, start_seconds=120.0, memory_budget_bytes=0, tiers=TIERS, gpus=1,
        blobs="files", s3_endpoint="", lock_seconds=300.0, build_seconds=1800.0, build_memory_bytes=4 << 30, build_disk_bytes=32 << 30,
        lock_hosts=["files.internal"], build_hosts=["index.crates.io:443"],
        bundle_wheels=True, sandbox="auto", sandbox_users="64000-64999",
        egress_allow=["*.example.org:443"], network_default="none", supervisor=7,
    ),
    configs.ControlConfig(
        home="/home", log_level="INFO", database="", blobs="files", s3_endpoint="", identity="local", predictions="files",
        max_blob_bytes=10, start_seconds=120.0, prediction_days=30, prediction_max_bytes=None,
        data_hosts=["db.example.org"], data_folders=["shared=/srv/shared"],
        secrets_from=["project/credit=/run/secrets/credit"],
        deploy_days=90, job_days=365, alert_days=365,
        public_url="https://models.example.org", tiers=TIERS, roles={"reviewer": ["model.read"]},
        notification_days=90,
        smtp=configs.SmtpOptions(
            host="mail.example.org", port=587, user="unshelf", password="", tls="starttls", sender="unshelf@example.org"
        ),
        audit=configs.AuditOptions(key="/keys/audit.pem", close_seconds=3600.0, syslog="tls://siem:6514", syslog_ca=""),
        backup=configs.BackupConfig(to="/backups", every=24.0, keep=14, key="sealed", passphrase=""),
        webhook_hosts=["hooks.internal:8080"], webhook_days=5,
        oidc=configs.OidcOptions(
            issuer="https://id.example.org", client_id="unshelf", client_secret="", client_secret_file="/run/secrets/oidc",
            scopes=["openid"], groups_claim="groups", groups={"risk": ["group:risk-team"]}, name_claim="preferred_username",
            sign_up="groups", email_domains=["example.org"], hosts=["keys.example.org"], algorithms=["RS256"], label="Log in",
        ),
        egress_allow=["*.example.org:443"], network_default="none", currency="EUR", job_cores=1.5, job_memory_bytes=8 << 30,
        index=1, controls=2,
    ),
]  # fmt: skip
TO_WORKERS = [
    worker_protocol.WorkerConfig(
        bundle="/home/bundles/b", model="iris", version=3, manifest=MANIFEST, signature=TABULAR, batchable=True,
        max_batch_rows=7, max_batch_bytes=8, batch_wait_seconds=0.5, busy_poll=True,
        limits=worker_protocol.WorkerLimits(
            groups=[worker_protocol.LimitGroup(file="/sys/fs/cgroup/w1/cgroup.procs", holds="memory 1 GiB", memory=True)],
            memory_bytes=1 << 30, memory_text="1 GiB",
        ),
    ),
    worker_protocol.ZygoteConfig(modules=["numpy"], kinds=["sklearn"]),
    zygote_protocol.ForkRequest(id=4, modules=["scipy"], scratch="/home/run/scratch-1"),
]  # fmt: skip
FROM_WORKERS = [
    worker_protocol.WorkerServing(load_seconds=0.5, limits=["memory 1 GiB (rlimit)"]),
    worker_protocol.WorkerUsed(requests=3, last_used=1.5),
    worker_protocol.WorkerOutOfMemory(),
    worker_protocol.WorkerRefused(place="db.example.org:5432"),
    worker_protocol.CheckStep(step="load"),
    worker_protocol.CheckPassed(python="3.11.7", load_seconds=0.5, memory_bytes=1, signature=TABULAR, fork_safe=True),
    worker_protocol.WorkerFailed(step="load", reason="ValueError: x", hint="Deploy again.", traceback="Traceback"),
]
FROM_ZYGOTES = [
    zygote_protocol.ZygoteReady(),
    zygote_protocol.Forked(id=4),
    zygote_protocol.ForkRefused(id=4, reason="namespaces are not allowed here"),
    zygote_protocol.ChildEnded(id=4, status=-9),
]
FAULTS = [
    worker_protocol.PredictionFault(
        code="invalid_input", detail="No.", hint="Send it right.", traceback="Traceback",
        errors=[InputError(row=0, column="age", expected="int64", got="text")],
    )
]  # fmt: skip
RECORDS = [
    records_messages.Compacted(segment="a.seg", records=3, files=1, torn_bytes=2, kept_aside=True),
    records_messages.SqlQuery(
        sql="select 1", folder="/home/predictions", models=["credit-*"], model=None, run_folder="/home/run",
        scratch="/home/run/query-1", seconds=30.0, memory_bytes=1 << 29, threads=2, rows=10, answer_bytes=1 << 20,
    ),
]  # fmt: skip
FROM_QUERIES = [
    records_messages.SqlResult(columns=[{"name": "1", "type": "INTEGER"}], rows=[[1]], truncated=False, seconds=0.1),
    records_messages.SqlRejection(code="invalid_input", detail="No.", hint="Ask for less."),
]
PLACE = jobs_protocol.GitPlace(url="https://git.example.org/a.git", credential="ana:secret")
ORDER = jobs_protocol.AttemptOrder(
    job="01hz", number=2, project="risk", tier="small", environment="e" * 64,
    code=[BundleFile(path="train.py", sha256="c" * 64, size=9)], command=["train.py", "--fast"],
    variables={"EPOCHS": "3"}, secrets={"SERVICE_KEY": "not a secret"},
    inputs=[
        jobs_protocol.AttemptInput(
            variable="UNSHELF_DATA_ORDERS", files=[BundleFile(path="a.csv", sha256="d" * 64, size=3)]
        )
    ],
    parameters='{"rate": 0.1}', seconds=60.0, disk_bytes=8 << 30, output_bytes=16 << 20,
    network=NetworkAccess(allow=["db.example.org:5432"]),
)  # fmt: skip
OUTCOME = jobs_protocol.AttemptOutcome(
    how="exited", status=0, detail="", started_at=1.5, ended_at=3.5, cpu_seconds=1.25, peak_memory_bytes=1 << 20,
    output=BundleFile(path="output.log", sha256="f" * 64, size=7), files=[], results='{"auc": 0.9}',
)  # fmt: skip
TO_HOST = [
    host_protocol.Wake(id=1, model="iris", version=3, not_address="w0.sock"),
    host_protocol.Prepare(id=2, model="iris", manifest=MANIFEST),
    host_protocol.Describe(id=3, machine=False),
    host_protocol.Delete(id=4, bundles=["b" * 64], environments=["e" * 64]),
    host_protocol.ReportHang(id=5, model="iris", version=3, address="w1.sock", silent_seconds=31.5),
    host_protocol.DiagnoseExit(id=6, model="iris", version=3, address="w1.sock"),
    host_protocol.InFlight(id=7, gateway="0", loads=[host_protocol.Load(model="iris", version=3, in_flight=2)]),
    host_protocol.HoldSecrets(id=8, model="iris", revision=41, values={"SERVICE_KEY": "not a secret"}),
    host_protocol.DescribeSecrets(id=9),
    host_protocol.TakeRefusals(id=10),
    environments_protocol.BuildEnvironment(id=11, python="3.11", requirements=["six==1.17.0"], actor="ana"),
    host_protocol.BundleFiles(
        id=12, files=[BundleFile(path="model.joblib", sha256="b" * 64, size=3)],
        choices=BundleChoices(requirements=["numpy==2.0"], tier="small", max_replicas=2), actor="ana",
    ),
    environments_protocol.ExportEnvironment(
        id=13, environment="e" * 64, lock="lock-version = '1.0'", python="3.11.7", name="base:3", actor="ana"
    ),
    jobs_protocol.StartAttempt(id=20, order=ORDER),
    jobs_protocol.CancelAttempt(id=21, job="01hz", number=2),
    jobs_protocol.WatchAttempts(id=22),
    jobs_protocol.ReadAttemptOutput(id=23, job="01hz", number=2, offset=7, most_bytes=100, wait_seconds=5.0),
    jobs_protocol.ForgetAttempts(id=24, attempts=[("01hz", 2)], jobs=["01hz"]),
    usage_protocol.TakeUsage(id=25, source="5f", taken=3),
    jobs_protocol.FetchCode(id=26, place=PLACE, ref="main", folder="training", actor="ana"),
    jobs_protocol.ListRefs(id=27, place=PLACE, actor="ana"),
    host_protocol.Describe(id=3, interpreters=False),
    jobs_protocol.StartAttempt(id=28, order=msgspec.structs.replace(ORDER, use="bench", model="credit")),
    environments_protocol.ListLostLocks(id=29),
    environments_protocol.GiveLock(id=30, environment="e" * 64, lock="lock-version = '1.0'", python="3.11.7"),
]  # fmt: skip
FROM_HOST = [
    host_protocol.Awake(id=1, address="w1.sock", addresses=["w1.sock", "w2.sock"], how="forked"),
    host_protocol.Progress(id=2, step="build", state="done", detail="12 packages", seconds=1.5),
    host_protocol.Prepared(id=2, lock="lock-version = '1.0'", environment="e" * 64, built=True, checks=CHECKS),
    host_protocol.Failed(id=2, code="check_failed", detail="No.", hint="Deploy again.", step="check", log="Traceback"),
    host_protocol.Described(id=3, machine=MACHINE, replicas=[REPLICA]),
    host_protocol.Deleted(id=4),
    host_protocol.ExitDiagnosis(id=6, out_of_memory="1 GiB, tier small"),
    host_protocol.Addresses(
        id=7, served=[host_protocol.VersionAddresses(model="iris", version=3, addresses=["w1.sock"])]
    ),
    host_protocol.Ack(id=5),
    host_protocol.HeldSecrets(id=9, revisions={"iris": 41}),
    host_protocol.Refused(
        id=10,
        connections=[
            host_protocol.RefusedConnection(
                model="iris", version=3, place="db.example.org:5432", reason="it is not granted", count=2
            )
        ],
    ),
    environments_protocol.EnvironmentBuilt(
        id=11, lock="lock-version = '1.0'", environment="e" * 64, python="3.11.7", built=True, bytes=4096
    ),
    host_protocol.Bundled(
        id=12,
        bundle=MadeBundle(manifest=MANIFEST, made=[MadeFile(sha256="b" * 64, content=b"{}")], limits={"rate": 1.0}),
    ),
    environments_protocol.ArchiveChunk(id=13, data=b"tar"),
    environments_protocol.ArchiveEnd(id=13),
    jobs_protocol.Attempts(
        id=22,
        attempts=[
            jobs_protocol.JobAttempt(
                job="01hz",
                number=2,
                usage=jobs_protocol.AttemptUsage(at=2.5, cpu_seconds=1.0, memory_bytes=5),
                outcome=OUTCOME,
            )
        ],
    ),
    jobs_protocol.AttemptOutput(id=23, data=b"hello", is_over=False),
    usage_protocol.TakenUsage(
        id=25, source="5f", number=4,
        lines=[
            usage_protocol.MeteredUse(
                hour=500_000,
                consumer=usage_protocol.Consumer(kind="worker", project="risk", model="iris", version=3, tier="small"),
                amounts=usage_protocol.Amounts(
                    cpu_seconds=1.5, memory_gib_seconds=2.5, held_seconds=3.5, gpu_seconds=0.5
                ),
            )
        ],
    ),
    jobs_protocol.CodeFetched(
        id=26, commit="c" * 40, files=[BundleFile(path="train.py", sha256="a" * 64, size=3)],
        packages=jobs_protocol.FolderPackages(requirements=["numpy"], constraints=["numpy<3"], python="3.11"),
        notes=["A link was left out."],
    ),
    jobs_protocol.CodeRefs(id=27, default="main", branches=["main"], tags=["v1"]),
    environments_protocol.LostLocks(id=29, environments=["e" * 64]),
]  # fmt: skip
GOLDEN_FILES: list[tuple[str, list[Any], Any]] = [
    ("configs-2.jsonl", CONFIGS, None),
    ("worker-protocol-1.jsonl", TO_WORKERS, None),
    ("worker-reports-1.jsonl", FROM_WORKERS, worker_protocol.WorkerReport),
    ("worker-faults-1.jsonl", FAULTS, None),
    ("zygote-reports-2.jsonl", FROM_ZYGOTES, zygote_protocol.ZygoteReport),
    ("records-messages-1.jsonl", RECORDS, None),
    ("query-results-1.jsonl", FROM_QUERIES, records_messages.SqlResult | records_messages.SqlRejection),
    ("to-host-1.hex", TO_HOST, host_protocol.ToHost),
    ("from-host-1.hex", FROM_HOST, host_protocol.FromHost),
]
"""Each file, the values in it, and the union by which its reader tells them apart (None: it expects one shape)."""


@pytest.mark.parametrize(("name", "values", "union"), GOLDEN_FILES, ids=[name for name, _, _ in GOLDEN_FILES])
def test_messages_of_earlier_releases_are_read(name: str, values: list[Any], union: Any) -> None:
    lines = (GOLDEN / name).read_text().splitlines()
    found = [_decode(name, line, union or type(value)) for line, value in zip(lines, values, strict=True)]
    assert found == values


@pytest.mark.parametrize(("name", "values", "union"), GOLDEN_FILES, ids=[name for name, _, _ in GOLDEN_FILES])
def test_a_field_that_a_later_release_added_is_passed_over(name: str, values: list[Any], union: Any) -> None:
    for value in values:
        later = {**msgspec.to_builtins(value), "added_later": 1}
        assert msgspec.convert(later, union or type(value)) == value


@pytest.mark.parametrize(("name", "values", "union"), [each for each in GOLDEN_FILES if each[2] is not None])
def test_every_message_of_a_boundary_has_its_golden_line(name: str, values: list[Any], union: Any) -> None:
    assert {type(value) for value in values} == set(get_args(union)), name


def _decode(name: str, line: str, shape: Any) -> Any:
    if name.endswith(".hex"):
        return msgspec.msgpack.decode(bytes.fromhex(line), type=shape)
    return msgspec.json.decode(line, type=shape)


def _encode(name: str, value: Any) -> str:
    return msgspec.msgpack.encode(value).hex() if name.endswith(".hex") else msgspec.json.encode(value).decode()


def write_missing(folder: Path = GOLDEN) -> None:
    """Write the golden files that are not there yet; those that are stay as they are."""
    for name, values, _ in GOLDEN_FILES:
        path = folder / name
        if not path.exists():
            path.write_text("".join(f"{_encode(name, value)}\n" for value in values))


if __name__ == "__main__":
    write_missing()
