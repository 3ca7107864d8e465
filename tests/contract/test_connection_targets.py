"""Targets of connections: rows get to a table of PostgreSQL and to a bucket once each, whatever is cut off, and as `if_exists` says."""

import secrets
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.object_store import ACCESS_KEY, SECRET_KEY, ObjectStore
from tests.support.postgres import postgres_server
from unshelf.contracts.protocols.data import (
    ConnectionOrder,
    ConnectionWrite,
    DataLimits,
    DataProblem,
    DataRows,
    DataWritten,
)
from unshelf.develop.connections import read_process, write_process
from unshelf.develop.connections.allowed_hosts import AllowedHosts
from unshelf.develop.connections.targets import s3, sql

LIMITS = DataLimits(seconds=60, memory_bytes=256 << 20, threads=1, rows=1 << 40, output_bytes=1 << 40)
HOSTS = ["127.0.0.1"]
PASSWORD = "writer-s3cret"


@dataclass(frozen=True)
class Place:
    """A place in a connection that rows are written to, and read from again."""

    kind: Any
    settings: dict[str, str]
    credentials: dict[str, str]
    path: str
    failed: str
    """The path of the rows that failed."""
    folder: Path
    module: Any
    """The module of the target."""
    cut: str
    """A method of its that puts a part."""

    def do(self, act: Any, key: str, file: Path | None = None, failed: Path | None = None, **more: Any) -> Any:
        order = ConnectionWrite(
            kind=self.kind, settings=self.settings, credentials=self.credentials, path=self.path, hosts=HOSTS, limits=LIMITS,
            scratch=str(self.folder), act=act, key=key, file=str(file or ""), failed=str(failed or ""),
            **{"if_exists": "fail", **more},
        )  # fmt: skip
        return write_process.carry_out(order, AllowedHosts(HOSTS))

    def read(self, path: str = "") -> list[int] | str:
        """The ids at a path, or why they can't be read."""
        order = ConnectionOrder(
            kind=self.kind, settings=self.settings, credentials=self.credentials, path=path or self.path, rows=None, hosts=HOSTS,
            scratch=str(self.folder), limits=LIMITS,
        )  # fmt: skip
        found = read_process.carry_out(order, AllowedHosts(HOSTS))
        if isinstance(found, DataProblem):
            return found.code
        assert isinstance(found, DataRows)
        table = pa.ipc.open_stream((self.folder / "rows.arrow").read_bytes()).read_all()
        return sorted(table.column("id").to_pylist())


@pytest.fixture(scope="module")
def database() -> Iterator[tuple[str, str, int]]:
    """The URL of an empty database, its name, and the port at which it is reached by a role that may make tables."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    with postgres_server(port=port) as create:
        url = create()
        name = url.partition("?")[0].rpartition("/")[2]
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"create role writer login password '{PASSWORD}'")  # type: ignore[call-overload]
            connection.execute(f"grant create on database {name} to writer")  # type: ignore[call-overload]
            connection.execute("create schema results authorization writer")
        yield url, name, port


@pytest.fixture(params=["sql", "s3", "s3 file"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    scratch, name = tmp_path / "scratch", f"t{secrets.token_hex(4)}"
    scratch.mkdir()
    if request.param == "sql":
        _, database, port = request.getfixturevalue("database")
        monkeypatch.setattr(sql, "_PART_BYTES", 1)
        settings = {"host": "127.0.0.1", "port": str(port), "database": database}
        path = f"results.{name}"
        return Place(
            "sql",
            settings,
            {"user": "writer", "password": PASSWORD},
            path,
            f"{path}_failed",
            scratch,
            sql,
            "SqlTarget._copy",
        )
    store: ObjectStore = request.getfixturevalue("object_store")
    settings = {"bucket": store.bucket(), "endpoint": store.endpoint, "prefix": "lake"}
    credentials = {"access_key_id": ACCESS_KEY, "secret_access_key": SECRET_KEY}
    if request.param == "s3":
        monkeypatch.setattr(s3, "_PART_BYTES", 1)
        return Place("s3", settings, credentials, name, f"{name}-failed", scratch, s3, "BucketFolder._put")
    path = f"{name}.parquet"
    return Place("s3", settings, credentials, path, f"{name}.failed.parquet", scratch, s3, "BucketFile._put")


def table(tmp_path: Path, name: str, ids: range) -> Path:
    """A file with these rows, a few a row group."""
    place = tmp_path / f"{name}.parquet"
    pq.write_table(pa.table({"id": ids, "text": [f"row {each}" for each in ids]}), place, row_group_size=10)
    return place


def test_rows_get_there_once_wherever_a_write_is_cut_off(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = table(tmp_path, "predictions", range(35)), table(tmp_path, "failed", range(100, 113))
    owner, _, method = place.cut.partition(".")
    put = getattr(getattr(place.module, owner), method)
    most = [0]

    def cut_off(*given: Any) -> Any:
        most[0] -= 1
        if most[0] == 0:
            raise KeyError("cut off")
        return put(*given)

    monkeypatch.setattr(getattr(place.module, owner), method, cut_off)
    tries = 0
    while True:
        tries, most[0] = tries + 1, 2  # one part more each time
        try:
            done = place.do("write", "write1", good, bad)
        except KeyError:
            continue
        break
    assert (done, tries >= 2) == (DataWritten(rows=35), True)
    assert (place.read(), place.read(place.failed)) == (list(range(35)), list(range(100, 113)))
    most[0] = 1  # a part more would be one too many
    assert place.do("write", "write1", good, bad) == DataWritten(rows=35)
    assert place.read() == list(range(35))


def test_rows_that_are_there_stay_are_added_to_or_replaced(place: Place, tmp_path: Path) -> None:
    first, second = table(tmp_path, "first", range(5)), table(tmp_path, "second", range(5, 8))
    assert place.do("check", "a") == DataWritten(rows=0)
    place.do("write", "a", first, table(tmp_path, "bad", range(2)))
    for act in ("check", "write"):
        refused = place.do(act, "b", second)
        assert isinstance(refused, DataProblem)
        assert (refused.code, "if_exists" in refused.hint) == ("conflict", True)
    assert place.read() == list(range(5))
    if place.path.endswith(".parquet"):
        assert "one file" in place.do("write", "c", second, if_exists="append").detail
    else:
        assert place.do("write", "c", second, if_exists="append") == DataWritten(rows=3)
        assert place.read() == list(range(8))
    assert place.do("check", "d", if_exists="replace") == DataWritten(rows=0)
    assert place.do("write", "d", second, if_exists="replace") == DataWritten(rows=3)
    assert place.read() == [5, 6, 7]
    assert place.read(place.failed) in ([], "not_found")  # none of this write failed
    assert place.do("write", "a", first, if_exists="replace") == DataWritten(rows=5)


def test_a_write_that_is_given_up_leaves_nothing(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, _, method = place.cut.partition(".")
    put: Callable[..., Any] = getattr(getattr(place.module, owner), method)
    seen: list[int] = []

    def second_fails(*given: Any) -> Any:
        seen.append(1)
        if len(seen) == 2:
            raise KeyError("cut off")
        return put(*given)

    monkeypatch.setattr(getattr(place.module, owner), method, second_fails)
    good = table(tmp_path, "good", range(30))
    with pytest.raises(KeyError):
        place.do("write", "w", good, table(tmp_path, "bad", range(20)))
    monkeypatch.undo()
    assert place.do("discard", "w") == DataWritten(rows=0)
    if not place.path.endswith(".parquet"):  # of files the one that failed was whole
        assert (place.read(), place.read(place.failed)) == ("not_found", "not_found")
    assert place.do("write", "other", good, if_exists="replace") == DataWritten(rows=30)


def test_columns_of_a_table_have_the_types_of_the_rows(
    database: tuple[str, str, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = datetime(2024, 2, 29, 1, 2, 3, 4, tzinfo=UTC)
    values: dict[str, Any] = {
        "id": pa.array([1, None]), "big": pa.array([2**64 - 1, 0], pa.uint64()), "number": pa.array([0.1, float("-inf")]),
        "flag": pa.array([True, None]), "text": pa.array(["ä \"x\",\n\\.\n", ""]), "day": pa.array([date(1969, 1, 1), None]),
        "at": pa.array([moment, None], pa.timestamp("us", "UTC")), "bytes": pa.array([b"\x00\xff", None]),
        "list": pa.array([[1.5, None], None]), "named": pa.array([{"a": "x"}, {"a": None}]),
        "category": pa.array(["a", None]).dictionary_encode(),
    }  # fmt: skip
    pq.write_table(pa.table(values), tmp_path / "rows.parquet")
    url, name, port = database
    settings = {"host": "127.0.0.1", "port": str(port), "database": name}
    place = Place("sql", settings, {"user": "writer", "password": PASSWORD}, "results.typed", "", tmp_path, sql, "")
    assert place.do("write", "t", tmp_path / "rows.parquet") == DataWritten(rows=2)
    with psycopg.connect(url) as connection:
        first, second = connection.execute("select * from results.typed order by big desc").fetchall()
    assert first == (
        1, 2**64 - 1, 0.1, True, 'ä "x",\n\\.\n', date(1969, 1, 1), moment, b"\x00\xff", [1.5, None], {"a": "x"}, "a",
    )  # fmt: skip
    assert second == (None, 0, float("-inf"), None, "", None, None, None, None, {"a": None}, None)


def test_who_may_not_make_tables_or_holds_others_rows_is_told_before_anything_is_predicted(
    database: tuple[str, str, int], tmp_path: Path
) -> None:
    url, name, port = database
    settings = {"host": "127.0.0.1", "port": str(port), "database": name}
    place = Place("sql", settings, {"user": "writer", "password": PASSWORD}, "public.scores", "", tmp_path, sql, "")
    assert "may make no tables in the schema 'public'" in place.do("check", "x").detail
    assert 'schema "absent" does not exist' in replace(place, path="absent.scores").do("check", "x").detail
    assert "has at most" in replace(place, path=f"results.{'x' * 60}").do("check", "x").detail
    assert PASSWORD not in str(replace(place, credentials={"user": "nobody", "password": PASSWORD}).do("check", "x"))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create table results.narrow (other int)")
        connection.execute("grant all on results.narrow to writer")
    rows = table(tmp_path, "rows", range(3))
    refused = replace(place, path="results.narrow").do("write", "n", rows, if_exists="append")
    assert (refused.code, "does not exist" in refused.detail) == ("invalid_input", True)


def test_files_that_no_manifest_names_are_not_replaced_but_added_to(object_store: ObjectStore, tmp_path: Path) -> None:
    bucket = object_store.bucket()
    settings = {"bucket": bucket, "endpoint": object_store.endpoint}
    credentials = {"access_key_id": ACCESS_KEY, "secret_access_key": SECRET_KEY}
    place = Place("s3", settings, credentials, "lake/scores", "", tmp_path, s3, "")
    object_store.filesystem().pipe_file(f"{bucket}/lake/scores/old.csv", b"id,text\n1,a\n")
    object_store.filesystem().pipe_file(f"{bucket}/lake/scores/notes.txt", b"not a table")
    rows = tmp_path / "rows.csv"
    rows.write_text("id,text\n2,b\n3,c\n")
    assert "no write of Unshelf" in place.do("write", "w1", rows, if_exists="replace").detail
    place.do("write", "w2", rows, if_exists="append")
    assert place.read() == [1, 2, 3]
    place.do("write", "w3", rows, if_exists="replace")
    assert place.read() == [2, 3]
    names = {path.rpartition("/")[2] for path in object_store.filesystem().find(f"{bucket}/lake/scores")}
    assert names == {"notes.txt", "_manifest.json", "part-000000-w3.csv"}


def test_a_large_file_is_put_in_pieces_and_is_whole(
    object_store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "_PIECE_BYTES", 5 << 20)  # the least that S3 takes
    settings = {"bucket": object_store.bucket(), "endpoint": object_store.endpoint}
    credentials = {"access_key_id": ACCESS_KEY, "secret_access_key": SECRET_KEY}
    place = Place("s3", settings, credentials, "scores.csv", "", tmp_path, s3, "")
    rows = tmp_path / "rows.csv"
    rows.write_bytes(b"id,text\n" + b"".join(b"%d,%s\n" % (each, b"x" * 1000) for each in range(6000)))
    place.do("write", "w", rows)
    assert object_store.filesystem().cat_file(f"{settings['bucket']}/scores.csv") == rows.read_bytes()
