"""One program reads a folder, a table of PostgreSQL, a bucket of S3 and an https address, and only the binding is swapped."""

import contextlib
import http.server
import json
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.models import write_model
from tests.support.object_store import ACCESS_KEY, SECRET_KEY, ObjectStore
from tests.support.platform import Platform, running_platform
from tests.support.postgres import postgres_server
from tests.support.waiting import wait_until


def at(day: int, microsecond: int) -> datetime:
    return datetime(2024, 1, day, 3, 4, 5, microsecond, tzinfo=UTC).replace(tzinfo=None)


PASSWORD = "s3cret of the warehouse/%"
ROWS: list[dict[str, Any]] = [
    {"id": 1, "amount": 1.5, "city": "Bonn", "day": date(2024, 1, 2), "at": at(2, 0), "paid": True},
    {"id": 2, "amount": None, "city": None, "day": None, "at": at(3, 250_000), "paid": False},
    {"id": None, "amount": -0.25, "city": "São, \"Paulo\"", "day": date(1999, 12, 31), "at": None, "paid": None},
]  # fmt: skip
TABLE = pa.Table.from_pylist(ROWS)
PROGRAM = """
import json, unshelf
table = unshelf.data.read("data://sales", form="arrow")
frame = unshelf.data.read("data://sales")
print(json.dumps({"types": [str(kind) for kind in table.schema.types], "dtypes": [str(kind) for kind in frame.dtypes],
                  "rows": table.to_pylist(), "names": table.column_names}, default=str))
"""


@dataclass
class Places:
    """A platform with four places that hold the same rows."""

    platform: Platform
    url: str
    """Of the https server."""
    log: list[str]

    def read(self, **asked: Any) -> Any:
        return self.platform.http.get("/api/v1/data/sales/rows", params=asked)

    def bind(self, target: str) -> None:
        self.platform.cli("data", "bind", "sales", target)

    def run_program(self) -> Any:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env=self.platform.environment(),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def connect(self, name: str, kind: str, settings: dict[str, str], credentials: dict[str, str] | None = None) -> Any:
        body = {"kind": kind, "settings": settings, "credentials": credentials}
        return self.platform.http.put(f"/api/v1/data/{name}/connection", json=body)

    def events(self, action: str) -> list[dict[str, Any]]:
        return [
            event for event in self.platform.http.get("/api/v1/audit").json()["events"] if event["action"] == action
        ]


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory, object_store: ObjectStore) -> Iterator[Places]:
    folder = tmp_path_factory.mktemp("places")
    shared = folder / "shared"
    (shared / "sales").mkdir(parents=True)
    pq.write_table(TABLE.slice(0, 2), shared / "sales" / "1.parquet")
    pq.write_table(TABLE.slice(2), shared / "sales" / "2.parquet")
    (shared / "sales" / "notes.txt").write_text("not a table")
    (folder / "outside.csv").write_text("a\n1\n")
    (shared / "link.csv").symlink_to(folder / "outside.csv")
    bucket = object_store.bucket()
    object_store.filesystem().pipe_file(f"{bucket}/2024/sales.csv", csv_of(TABLE))
    port = free_port()
    with postgres_server(port=port) as create, https_server(folder / "https") as (url, _, log):
        (folder / "https" / "files" / "sales.csv").write_bytes(csv_of(TABLE))
        database = warehouse(create())
        hosts = "127.0.0.1,localhost"
        with running_platform(
            folder / "home", data_hosts=hosts, data_folders=f"shared={shared}", log_level="DEBUG"
        ) as platform:
            places = Places(platform, url, log)
            assert places.connect("shared", "local", {"folder": "shared"}).status_code == 200
            settings = {"host": "127.0.0.1", "port": str(port), "database": database}
            assert (
                places.connect("warehouse", "sql", settings, {"user": "reader", "password": PASSWORD}).status_code
                == 200
            )
            writer = {"user": "writer", "password": PASSWORD}
            assert places.connect("results", "sql", settings, writer).status_code == 200
            lake = {"bucket": bucket, "endpoint": object_store.endpoint, "prefix": "2024"}
            keys = {"access_key_id": ACCESS_KEY, "secret_access_key": SECRET_KEY}
            assert places.connect("lake", "s3", lake, keys).status_code == 200
            assert places.connect("web", "https", {"url": url}, {"token": "t0ken-of-the-web"}).status_code == 200
            yield places


@pytest.fixture(scope="module", autouse=True)
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The certificate of the https server is trusted by the platform as an operator has it trusted."""
    with pytest.MonkeyPatch.context() as patch:
        authority = tmp_path_factory.mktemp("authority") / "ca.pem"
        AUTHORITY["path"] = authority
        patch.setenv("SSL_CERT_FILE", str(authority))
        yield


AUTHORITY: dict[str, Path] = {}


@pytest.mark.long
def test_the_same_program_reads_every_place_with_equal_results(places: Places) -> None:
    found = {}
    for target in (
        "data://shared/sales",
        "data://warehouse/public.sales",
        "data://lake/sales.csv",
        "data://web/sales.csv",
    ):
        places.bind(target)
        found[target] = places.run_program()
    first = found["data://shared/sales"]
    assert first["types"] == ["int64", "double", "string", "date32[day]", "timestamp[us]", "bool"]
    assert first["rows"] == json.loads(json.dumps(ROWS, default=str))
    assert {target: each for target, each in found.items() if each != first} == {}
    places.platform.cli("data", "add", "sales-files", str(csv_file(places)))
    places.bind("data://sales-files@1")
    assert places.run_program() == first


@pytest.mark.long
def test_a_deploy_takes_example_and_baseline_from_data(places: Places, tmp_path: Path) -> None:
    (tmp_path / "training.csv").write_text("a,b\n1.0,2.0\n3.0,4.5\n")
    places.platform.cli("data", "add", "training", str(tmp_path / "training.csv"))
    places.platform.cli("data", "bind", "rows", "data://training")
    model = write_model(tmp_path / "model", name="scored")
    places.platform.cli("deploy", str(model), "--example", "data://rows", "--baseline", "data://rows")
    said = places.platform.cli("data", "used-by", "scored:1").stdout
    assert "dataset training@1" in said
    shown = json.loads(places.platform.cli("data", "show", "training", "--json").stdout)
    assert [(use["reference"], use["role"]) for use in shown["uses"]] == [
        ("scored:1", "baseline"),
        ("scored:1", "example"),
    ]
    places.platform.cli("deploy", str(model), "--baseline", str(tmp_path / "training.csv"))
    (own,) = json.loads(places.platform.cli("data", "used-by", "scored:2", "--json").stdout)["data"]
    assert (own["rows"], [(each["name"], each["gaps"]) for each in own["columns"]]) == (2, [("a", 0), ("b", 0)])


ELSEWHERE = ("data://warehouse/public.sales", "data://lake/sales.csv")


@pytest.mark.long
@pytest.mark.parametrize(
    "target", ["data://shared/sales", *(pytest.param(place, marks=pytest.mark.long) for place in ELSEWHERE)]
)
def test_a_deploy_s_example_and_baseline_are_the_same_wherever_they_lie(
    places: Places, tmp_path: Path, target: str
) -> None:
    """Given a program that deploys with `data://sales`, when only the binding changes, then signature and profile are the same."""
    places.bind(target)
    code = "def predict(rows):\n    return [row['id'] for row in rows]\n"
    model = write_model(tmp_path / "model", name="seller", code=code)
    places.platform.cli("deploy", str(model), "--example", "data://sales", "--baseline", "data://sales")
    shown = places.platform.http.get("/api/v1/models/seller").json()
    latest = max(each["version"] for each in shown["versions"])
    version = places.platform.http.get(f"/api/v1/models/seller:{latest}").json()["version"]
    columns = {
        each["name"]: (each["type"], each.get("nullable", False)) for each in version["signature"]["inputs"]["columns"]
    }
    assert columns["amount"] == ("float64", True)
    assert columns["city"] == ("string", True)
    used = places.platform.http.get(f"/api/v1/models/seller:{latest}/data").json()["data"]
    found = {each["role"]: (each["source"], each["rows"], each["columns"]) for each in used}
    assert found["baseline"][:2] == ("data://sales", 3)
    _seen.setdefault("seller", (columns, found))
    assert (columns, found) == _seen["seller"]


_seen: dict[str, Any] = {}


def test_who_has_no_right_gets_404_and_the_attempt_is_an_event(places: Places) -> None:
    """Given data of one project in three places, when somebody of another reads it, then it does not exist for them."""
    places.platform.cli("projects", "create", "elsewhere")
    stranger = places.platform.client(places.platform.key(role="contributor", project="elsewhere"))
    for target in ("data://shared/sales", "data://warehouse/public.sales", "data://lake/sales.csv"):
        places.bind(target)
        name, path = target.removeprefix("data://").split("/", 1)
        for address in ("sales/rows", f"{name}/rows?path={path}", name):
            hidden = stranger.get(f"/api/v1/data/{address}")
            absent = stranger.get(f"/api/v1/data/{address.replace('sales/', 'absent/').replace(name, 'absent')}")
            assert (hidden.status_code, absent.status_code) == (404, 404), hidden.text
    wait_until(
        lambda: (
            {"sales", "shared", "warehouse", "lake"} <= {each["subject"] for each in places.events("access.refused")}
        ),
        what="the attempts are events",
    )


def csv_file(places: Places) -> Path:
    path = places.platform.home.parent / "sales.csv"
    path.write_bytes(csv_of(TABLE))
    return path


def test_every_access_is_an_event_of_each_name_on_the_way(places: Places) -> None:
    places.bind("data://warehouse/public.sales")
    assert places.read(rows=2).status_code == 200
    latest = places.events("data.read")[:2]
    assert {event["subject"] for event in latest} == {"sales", "warehouse"}
    assert [(event["after"]["path"], event["after"]["rows"]) for event in latest] == [("public.sales", 2)] * 2


@pytest.mark.long
@pytest.mark.parametrize(
    ("target", "status", "said"),
    [
        ("data://warehouse/public.absent", 404, "no table"),
        ("data://warehouse/secret.salaries", 503, "can't be read"),
        ("data://warehouse/pg_catalog.pg_authid", 503, "can't be read"),
        ("data://lake/absent.csv", 404, "no table"),
        ("data://lake/absent", 404, "no table"),
        ("data://web/absent.csv", 404, "no table"),
        ("data://web/elsewhere.csv", 503, "302"),
        ("data://shared/absent", 404, "no table"),
        ("data://shared/link.csv", 404, "no table"),
        ("data://shared/sales/notes.txt", 404, "no table"),
    ],
)
def test_what_can_not_be_read_is_told_without_credentials(places: Places, target: str, status: int, said: str) -> None:
    places.bind(target)
    answer = places.read()
    assert (answer.status_code, said in answer.json()["detail"]) == (status, True), answer.text
    assert not secrets_in(answer.text)
    assert places.events("data.read_failed")[0]["after"]["code"] == answer.json()["code"]


def test_wrong_credentials_are_told_without_them(places: Places) -> None:
    shown = places.platform.http.get("/api/v1/data/warehouse").json()["connection"]
    wrong = {"user": "reader", "password": "wrong-but-secret"}
    assert places.connect("warehouse-wrong", "sql", shown["settings"], wrong).status_code == 200
    answer = places.platform.http.get("/api/v1/data/warehouse-wrong/rows", params={"path": "public.sales"})
    assert (answer.status_code, "refuses" in answer.json()["detail"]) == (503, True), answer.text
    assert "wrong-but-secret" not in answer.text


def test_credentials_are_shown_to_nobody_and_lie_nowhere_in_the_home_folder(places: Places) -> None:
    for name in ("warehouse", "lake", "web"):
        shown = places.platform.http.get(f"/api/v1/data/{name}")
        assert not secrets_in(shown.text)
        assert shown.json()["connection"]["credential_names"]
    assert not secrets_in(places.platform.http.get("/api/v1/audit").text)
    files = [path for path in places.platform.home.rglob("*") if path.is_file() and "environments" not in path.parts]
    contents = [*files, places.platform.log]
    assert [path for path in contents if secrets_in(path.read_bytes().decode(errors="replace"))] == []


def test_credentials_follow_no_connection_to_another_place(places: Places) -> None:
    settings = places.platform.http.get("/api/v1/data/warehouse").json()["connection"]["settings"]
    assert places.connect("warehouse", "sql", settings).status_code == 200
    answer = places.connect("warehouse", "sql", {**settings, "port": "1"})
    assert (answer.status_code, "again" in answer.json()["hint"]) == (409, True)
    assert places.platform.http.get("/api/v1/data/warehouse").json()["connection"]["settings"] == settings


@pytest.mark.parametrize(
    ("kind", "settings", "said"),
    [
        ("sql", {"host": "10.0.0.1", "database": "d"}, "may not come from"),
        ("https", {"url": "https://169.254.169.254/"}, "may not come from"),
        ("s3", {"bucket": "b"}, "may not come from s3.us-east-1.amazonaws.com"),
        ("https", {"url": "http://localhost/"}, "begins with https"),
        ("https", {"url": "https://user:pw@localhost/"}, "without credentials"),
        ("local", {"folder": "etc"}, "registered no folder"),
        ("local", {"folder": "shared", "prefix": "../.."}, "prefix"),
        ("sql", {"host": "localhost"}, "needs database"),
        ("sql", {"host": "localhost", "database": "d", "pasword": "x"}, "pasword"),
    ],
)
def test_places_that_the_operator_does_not_allow_are_refused(
    places: Places, kind: str, settings: dict[str, str], said: str
) -> None:
    answer = places.connect("elsewhere", kind, settings)
    assert (answer.status_code, said in answer.json()["detail"]) == (422, True), answer.text
    assert places.platform.http.get("/api/v1/data/elsewhere").status_code == 404


def test_a_redirect_is_not_followed(places: Places) -> None:
    places.bind("data://web/elsewhere.csv")
    places.log.clear()
    assert places.read().status_code == 503
    assert [line for line in places.log if "sales" in line] == []


def rows_at(places: Places, name: str, path: str) -> pa.Table:
    found = places.platform.http.get(f"/api/v1/data/{name}/rows", params={"path": path})
    assert found.status_code == 200, found.text
    return pa.ipc.open_stream(found.content).read_all()


SCORER = "def predict(rows):\n    return [row['id'] * row['amount'] for row in rows]\n"


@pytest.fixture(scope="module")
def scorer(places: Places, tmp_path_factory: pytest.TempPathFactory) -> str:
    example = [{"id": 1, "amount": 1.5}]
    model = write_model(tmp_path_factory.mktemp("scorer"), name="scorer", code=SCORER, example=example)
    places.platform.cli("deploy", str(model))
    return "scorer"


def test_a_table_is_scored_into_a_bucket_and_a_bucket_into_a_table(places: Places, scorer: str) -> None:
    """Rows that fail go to a place beside it, and what is repeated does as it was told."""
    score = partial(places.platform.cli, "score", scorer, "--data")
    said = score("data://warehouse/public.sales", "--out", "data://lake/scores", "--json").stdout
    scoring = json.loads(said)
    assert (scoring["state"], scoring["written"], scoring["scored"]) == ("succeeded", "data://lake/scores", 1)

    def rows(reference: str) -> list[dict[str, Any]]:
        name, _, path = reference.removeprefix("data://").partition("/")
        return rows_at(places, name, path).to_pylist()

    ((id, city, prediction),) = [(row["id"], row["city"], row["prediction"]) for row in rows("data://lake/scores")]
    assert (id, city, prediction) == (1, "Bonn", 1.5)
    failed = sorted((row["row"], row["column"], row["code"]) for row in rows("data://lake/scores-failed"))
    assert failed == [(1, "amount", "invalid_input"), (2, "id", "invalid_input")]
    table = ("data://lake/scores", "--keep", "id", "--out", "data://results/results.scores")
    score(*table)
    refused = score(*table, check=False)
    assert (refused.returncode, "There is a table results.scores already" in " ".join(refused.stderr.split())) == (
        1,
        True,
    )
    score(*table, "--if-exists", "append")
    assert [(row["id"], row["prediction"]) for row in rows("data://results/results.scores")] == [(1, 1.5)] * 2
    written = [event for event in places.events("data.written") if event["subject"] == "results"]
    assert [event["after"]["rows"] for event in written] == [1, 1]


@pytest.mark.long
def test_each_row_is_in_the_table_once_whatever_is_killed_while_it_is_written(
    places: Places, scorer: str, tmp_path: Path
) -> None:
    count = 400_000
    pq.write_table(pa.table({"id": range(count), "amount": [0.5] * count}), tmp_path / "rows.parquet")
    begun = places.platform.cli(
        "score", scorer, "--data", str(tmp_path / "rows.parquet"), "--out", "data://results/results.many", "--detach", "--json"
    )  # fmt: skip
    id = json.loads(begun.stdout)["id"]

    def show() -> dict[str, Any]:
        try:
            return dict(places.platform.http.get(f"/api/v1/scorings/{id}").json())
        except httpx.HTTPError:  # control is being restarted
            return {"state": ""}

    def writers() -> list[psutil.Process]:
        found = []
        for control in places.platform.processes("control"):
            for each in control.children():
                with contextlib.suppress(psutil.Error):  # it has ended
                    if "unshelf.develop.connections.write_process" in each.cmdline():
                        found.append(each)
        return found

    wait_until(lambda: show()["state"] == "writing", seconds=300, what="its results are written")
    for role in ("writer", "control"):
        (writer,) = wait_until(writers, seconds=60, what="a process writes")
        writer.kill() if role == "writer" else places.platform.kill("control")
    wait_until(lambda: show().get("ended_at"), seconds=300, what="the scoring ends")
    scoring = show()
    assert (scoring["state"], scoring["scored"]) == ("succeeded", count), scoring["reason"]
    assert sorted(rows_at(places, "results", "results.many").column("id").to_pylist()) == list(range(count))


@pytest.mark.long
def test_the_sql_connection_changes_nothing_and_reads_views(places: Places) -> None:
    answer = places.platform.http.get("/api/v1/data/warehouse/rows", params={"path": "public.cities"})
    assert pa.ipc.open_stream(answer.content).read_all().column_names == ["city"]
    evil = places.platform.http.get(
        "/api/v1/data/warehouse/rows", params={"path": 'public.sales"; drop table sales; --'}
    )
    assert evil.status_code in (404, 422)
    assert places.platform.http.get("/api/v1/data/warehouse/rows", params={"path": "public.sales"}).status_code == 200


def secrets_in(text: str) -> list[str]:
    return [secret for secret in (PASSWORD, SECRET_KEY, "t0ken-of-the-web", "wrong-but-secret") if secret in text]


def csv_of(table: pa.Table) -> bytes:
    names = table.column_names
    lines = [",".join(names), *(",".join(_field(row[name]) for name in names) for row in table.to_pylist())]
    return ("\n".join(lines) + "\n").encode()


def _field(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    return '"' + text.replace('"', '""') + '"' if set(text) & set(',"') else text


def warehouse(url: str) -> str:
    """Fill a database; its name."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "create table sales (id integer, amount numeric(10,2), city varchar(40), day date, at timestamp, paid boolean)"
        )
        for row in ROWS:
            connection.execute("insert into sales values (%s, %s, %s, %s, %s, %s)", list(row.values()))
        connection.execute("create view cities as select distinct city from sales where city is not null")
        connection.execute("create schema secret")
        connection.execute("create table secret.salaries (amount integer)")
        connection.execute("create role reader login password 's3cret of the warehouse/%'")
        connection.execute("grant select on sales, cities to reader")
        connection.execute("create role writer login password 's3cret of the warehouse/%'")
        connection.execute("create schema results authorization writer")
        (name,) = connection.execute("select current_database()").fetchone() or ("",)
        return str(name)


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Serves files to those with the token, and redirects elsewhere.csv."""

    def __init__(self, log: list[str], *arguments: Any, **named: Any) -> None:
        self._log = log
        super().__init__(*arguments, **named)

    def do_GET(self) -> None:
        self._log.append(self.path)
        if self.headers.get("Authorization") != "Bearer t0ken-of-the-web":
            self.send_error(401)
        elif self.path == "/elsewhere.csv":
            self.send_response(302)
            self.send_header("Location", "/sales.csv")
            self.end_headers()
        else:
            super().do_GET()

    def log_message(self, format: str, *arguments: Any) -> None:
        """Keep the test's output clean."""


class https_server:
    """An https server with a certificate of an authority of its own; gives its address, the authority's file and a log of paths."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "files").mkdir(parents=True)

    def __enter__(self) -> tuple[str, Path, list[str]]:
        certificate, key = certificate_for("localhost")
        (self._folder / "cert.pem").write_bytes(certificate)
        (self._folder / "key.pem").write_bytes(key)
        AUTHORITY["path"].write_bytes(certificate)
        log: list[str] = []
        handler = partial(_Handler, log, directory=str(self._folder / "files"))
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._folder / "cert.pem", self._folder / "key.pem")
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        return f"https://localhost:{self._server.server_address[1]}", AUTHORITY["path"], log

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def certificate_for(name: str) -> tuple[bytes, bytes]:
    """A certificate that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    moment = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(moment - timedelta(days=1))
        .not_valid_after(moment + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256())
    )  # fmt: skip
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), private


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
