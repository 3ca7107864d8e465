"""Secrets of the operator's: read where they lie, in no row, followed when they change, and told when they are gone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.support.actors import actor
from tests.support.deploying import Deploying
from tests.support.stand_in_host import StandInHost
from unshelf.contracts.errors import Conflict
from unshelf.manage.secrets.service import SecretService
from unshelf.manage.secrets.sources import SourceGone, parse_source
from unshelf.manage.secrets.tables import SecretRow
from unshelf.runtime.sealing import Sealer

ANA = actor("deploy", id="k1", name="ana")
VALUE = "hunter2-of-the-operator"


@pytest.fixture
def deploying(tmp_path: Path) -> Iterator[Deploying]:
    services = Deploying(tmp_path)
    yield services
    services.database.dispose()


@pytest.fixture
def host(deploying: Deploying) -> Iterator[StandInHost]:
    with StandInHost(deploying.host_socket).running() as running:
        yield running


@pytest.fixture
def mounted(tmp_path: Path) -> Path:
    folder = tmp_path / "mounted"
    folder.mkdir()
    (folder / "DB_PASSWORD").write_text(f"{VALUE}\n")
    (folder / "..data").mkdir()
    (folder / ".hidden").write_text("x")
    (folder / "PATH").write_text("/evil")
    return folder


def service(deploying: Deploying, *entries: str) -> SecretService:
    sealer = Sealer(deploying.folder / "secrets-key")
    return SecretService(
        deploying.database, deploying.publisher, deploying.audit, deploying.host, sealer, sources=entries
    )


def actions(deploying: Deploying) -> list[tuple[str, object]]:
    found = [event for event in deploying.audit.find(limit=50, cursor=None).items if event.action.startswith("secret.")]
    return [(event.action, (event.after or event.before or {}).get("source")) for event in reversed(found)]


def test_files_of_a_folder_are_a_project_s_secrets_and_their_values_stand_in_no_row(
    deploying: Deploying, host: StandInHost, mounted: Path
) -> None:
    deploying.register("iris")
    secrets = service(deploying, f"project/default={mounted}")
    for _ in range(3):
        secrets.follow_operator()
    assert host.secrets["iris"][1] == secrets.values("iris") == {"DB_PASSWORD": VALUE}
    (listed,) = secrets.list_of_project("default", limit=10).items
    assert (listed.name, listed.source, listed.set_by, listed.readable) == (
        "DB_PASSWORD",
        f"file {mounted}/DB_PASSWORD",
        "operator",
        True,
    )
    with deploying.database.read() as session:
        (row,) = session.scalars(select(SecretRow)).all()
        assert (row.sealed, VALUE in row.fingerprint) == (b"", False)
    assert VALUE.encode() not in b"".join(path.read_bytes() for path in deploying.folder.glob("*.db*"))
    assert actions(deploying) == [("secret.set", f"file {mounted}/DB_PASSWORD"), ("secret.used", None)]


def test_a_change_is_followed_and_touching_is_none(deploying: Deploying, host: StandInHost, mounted: Path) -> None:
    deploying.register("iris")
    secrets = service(deploying, f"project/default={mounted}")
    secrets.follow_operator()
    before = host.secrets["iris"][0]
    (mounted / "DB_PASSWORD").touch()
    secrets.follow_operator()
    assert host.secrets["iris"][0] == before
    (mounted / "DB_PASSWORD").write_text("another")
    secrets.follow_operator()
    assert host.secrets["iris"][0] > before
    assert host.secrets["iris"][1] == {"DB_PASSWORD": "another"}


def test_a_file_that_is_gone_is_told_by_its_path_and_may_be_deleted(
    deploying: Deploying, host: StandInHost, mounted: Path
) -> None:
    deploying.register("iris")
    secrets = service(deploying, f"project/default/DB_PASSWORD={mounted}/DB_PASSWORD")
    secrets.follow_operator()
    with pytest.raises(Conflict, match="kept by the operator"):
        secrets.set_of_project(ANA, "default", "DB_PASSWORD", "mine")
    with pytest.raises(Conflict, match="kept by the operator"):
        secrets.delete_of_project(ANA, "default", "DB_PASSWORD")
    (mounted / "DB_PASSWORD").unlink()
    secrets.follow_operator()
    with pytest.raises(
        Conflict, match=r"DB_PASSWORD of default can't be read: the file .*DB_PASSWORD can't be read: No such file"
    ):
        secrets.values("iris")
    assert host.secrets["iris"][1] == {"DB_PASSWORD": VALUE}
    assert [each.readable for each in secrets.list_of_project("default", limit=10).items] == [False]
    secrets.delete_of_project(ANA, "default", "DB_PASSWORD")
    assert (secrets.values("iris"), host.secrets) == ({}, {})


def test_what_is_no_longer_named_goes_and_what_was_set_before_is_replaced(
    deploying: Deploying, host: StandInHost, mounted: Path
) -> None:
    deploying.secrets.set(ANA, "iris", "DB_PASSWORD", "of ana")
    secrets = service(deploying, f"model/iris={mounted}")
    secrets.follow_operator()
    assert secrets.values("iris") == {"DB_PASSWORD": VALUE}
    deploying.secrets.follow_operator()  # a server without the setting
    assert (deploying.secrets.values("iris"), host.secrets) == ({}, {})


def test_variables_are_sources_one_by_one_or_by_their_beginning() -> None:
    environment = {"CREDIT_A": "1", "CREDIT_B": "", "CREDIT_": "x", "OTHER": "2"}
    several = parse_source("project/credit=env:CREDIT_").sources(environment)
    assert {name: str(source) for name, source in several.items()} == {
        "A": "variable CREDIT_A of the server", "B": "variable CREDIT_B of the server",
    }  # fmt: skip
    assert several["A"].read(environment) == "1"
    with pytest.raises(SourceGone, match="CREDIT_B of the server is not set"):
        several["B"].read(environment)
    one = parse_source("model/risk/KEY=env:OTHER").sources(environment)
    assert one["KEY"].read(environment) == "2"


def test_what_is_no_text_or_empty_is_gone(tmp_path: Path) -> None:
    for content, said in ((b"\xff\xfe", "no UTF-8"), (b"\n", "is empty")):
        (tmp_path / "key").write_bytes(content)
        source = parse_source(f"model/risk/KEY={tmp_path}/key").sources({})["KEY"]
        with pytest.raises(SourceGone, match=said):
            source.read({})
