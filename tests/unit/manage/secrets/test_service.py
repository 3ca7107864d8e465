"""Secrets: set, brought to the host, published as a revision, listed without their values, lost with their key."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.support.actors import actor
from tests.support.deploying import Deploying
from tests.support.stand_in_host import StandInHost
from unshelf.contracts.errors import Conflict, InvalidInput, NotFound
from unshelf.contracts.variables import MAX_VARIABLES
from unshelf.foundation.events.tables import EventRow
from unshelf.manage.secrets.secret import Secret
from unshelf.manage.secrets.service import SecretService, SecretsUnreadable
from unshelf.manage.secrets.tables import SecretRow
from unshelf.runtime.routing_file import read_routing

ANA = actor("deploy", id="k1", name="ana")
VALUE = "correct horse battery staple"


@pytest.fixture
def deploying(tmp_path: Path) -> Iterator[Deploying]:
    services = Deploying(tmp_path)
    yield services
    services.database.dispose()


@pytest.fixture
def secrets(deploying: Deploying) -> SecretService:
    return deploying.secrets


@pytest.fixture
def host(deploying: Deploying) -> Iterator[StandInHost]:
    with StandInHost(deploying.host_socket).running() as running:
        yield running


def revision(deploying: Deploying, model: str = "iris") -> int:
    return read_routing(deploying.folder).models[model].versions[1].secrets


def listed(secrets: SecretService, model: str = "iris") -> list[str]:
    return [each.name for each in secrets.list_of(model, limit=100).items]


def test_a_secret_is_brought_to_the_host_and_published_as_a_revision(deploying: Deploying, host: StandInHost) -> None:
    deploying.register("iris")
    deploying.publisher.publish()
    assert revision(deploying) == 0
    secret, replicas = deploying.secrets.set(ANA, "iris", "KEY", VALUE)
    assert (secret.model, secret.name, secret.set_by, secret.readable, replicas) == ("iris", "KEY", ANA.label, True, 0)
    assert host.secrets["iris"] == (revision(deploying), {"KEY": VALUE})
    assert deploying.secrets.values("iris") == {"KEY": VALUE}


def test_each_change_has_a_greater_revision_deletions_too(deploying: Deploying, host: StandInHost) -> None:
    deploying.register("iris")
    seen = []
    for change in (
        lambda: deploying.secrets.set(ANA, "iris", "A", "1"),
        lambda: deploying.secrets.set(ANA, "iris", "B", "2"),
        lambda: deploying.secrets.set(ANA, "iris", "A", "3"),
        lambda: deploying.secrets.delete(ANA, "iris", "B"),
    ):
        change()
        seen.append(revision(deploying))
    assert seen == sorted(set(seen))
    assert host.secrets["iris"] == (seen[-1], {"A": "3"})
    deploying.secrets.delete(ANA, "iris", "A")
    assert (revision(deploying), host.secrets) == (0, {})


def test_the_value_is_in_no_row_event_or_file(deploying: Deploying, host: StandInHost) -> None:
    deploying.secrets.set(ANA, "iris", "KEY", VALUE)
    deploying.secrets.delete(ANA, "iris", "KEY")
    deploying.secrets.set(ANA, "iris", "KEY", VALUE)
    with deploying.database.read() as session:
        events = list(session.scalars(select(EventRow).order_by(EventRow.id)))
    assert [(each.action, each.subject, each.model) for each in events] == [
        (f"secret.{act}", "iris", "iris") for act in ("set", "used", "deleted", "set", "used")
    ]
    assert (events[0].after, events[2].before) == ({"name": "KEY", "replaced": False}, {"name": "KEY"})
    for path in deploying.folder.rglob("*"):
        if path.is_file():
            assert VALUE.encode() not in path.read_bytes(), path
    assert VALUE not in repr(deploying.secrets.list_of("iris", limit=10))


def test_a_host_that_is_away_gets_the_secrets_when_it_is_back(deploying: Deploying, secrets: SecretService) -> None:
    secrets.set(ANA, "iris", "KEY", VALUE)
    secrets.reconcile()  # it is still away
    with StandInHost(deploying.host_socket).running() as host:
        host.secrets["gone"] = (3, {"OLD": "x"})
        secrets.reconcile()
        assert {model: values for model, (_, values) in host.secrets.items()} == {"iris": {"KEY": VALUE}}


def test_only_those_of_models_that_the_actor_may_manage_are_listed(secrets: SecretService) -> None:
    for model in ("credit-a", "credit-b", "iris"):
        secrets.set(ANA, model, "KEY", VALUE)
    bea = actor("deploy", ["credit-*"], id="k2", name="bea")
    first = secrets.list_for(bea, limit=1)
    rest = secrets.list_for(bea, limit=5, cursor=first.next_cursor)
    assert [each.model for each in [*first.items, *rest.items]] == ["credit-a", "credit-b"]
    assert secrets.list_for(actor("predict", id="k3", name="carl"), limit=5).items == []


def test_a_removed_models_secrets_go_with_it(deploying: Deploying, host: StandInHost) -> None:
    deploying.register("iris")
    deploying.secrets.set(ANA, "iris", "KEY", VALUE)
    deploying.registry.remove("iris", ANA)
    deploying.secrets.reconcile()
    assert (listed(deploying.secrets), host.secrets) == ([], {})


@pytest.mark.parametrize(
    ("model", "name", "value", "said"),
    [
        ("iris:3", "KEY", VALUE, "no model's name"),
        ("iris@best", "KEY", VALUE, "no model's name"),
        ("iris", "PATH", VALUE, "The variable PATH can't be set"),
        ("iris", "A B", VALUE, "can't be a variable's name"),
        ("iris", "KEY", VALUE + "\0", "NUL"),
        ("iris", "KEY", VALUE * 2000, "at most 32768 bytes"),
        ("iris", "KEY", "", "The value of KEY is empty"),
    ],
)
def test_what_can_be_no_secret_is_refused_without_its_value(
    secrets: SecretService, model: str, name: str, value: str, said: str
) -> None:
    with pytest.raises(InvalidInput, match=said) as refused:
        secrets.set(ANA, model, name, value)
    assert VALUE not in str(refused.value)
    assert listed(secrets) == []


def test_a_models_secrets_are_bounded(secrets: SecretService) -> None:
    for number in range(MAX_VARIABLES):
        secrets.set(ANA, "iris", f"KEY_{number}", "x")
    with pytest.raises(InvalidInput, match=f"at most {MAX_VARIABLES} secrets"):
        secrets.set(ANA, "iris", "ONE_MORE", "x")
    secrets.set(ANA, "iris", "KEY_0", "y")


def test_what_is_not_there_can_not_be_deleted(secrets: SecretService) -> None:
    with pytest.raises(NotFound, match="'iris' has no secret 'KEY'"):
        secrets.delete(ANA, "iris", "KEY")


def test_losing_the_key_is_said_and_setting_again_mends_it(deploying: Deploying, host: StandInHost) -> None:
    secrets = deploying.secrets
    secrets.set(ANA, "iris", "KEY", VALUE)
    host.secrets.clear()
    (deploying.folder / "secrets-key").unlink()
    assert [each.readable for each in secrets.list_of("iris", limit=5).items] == [False]
    with pytest.raises(Conflict, match=r"The secret KEY of iris can't be read: the key .* is not in") as refused:
        secrets.values("iris")
    assert "secrets-key" in refused.value.hint
    with pytest.raises(SecretsUnreadable, match="KEY of iris"):
        secrets.reconcile()
    secrets.set(ANA, "iris", "KEY", "another")
    assert secrets.values("iris") == {"KEY": "another"}
    secrets.reconcile()


def test_after_the_key_is_rotated_the_old_one_is_needed_no_more(deploying: Deploying, tmp_path: Path) -> None:
    secrets, key_file = deploying.secrets, deploying.folder / "secrets-key"
    secrets.set(ANA, "iris", "KEY", VALUE)
    old = key_file.read_text()
    key_file.unlink()
    secrets.set(ANA, "other", "KEY", VALUE)  # makes a new file
    new = key_file.read_text()
    key_file.write_text(new + old)
    secrets.reseal()
    key_file.write_text(new)
    assert secrets.values("iris") == {"KEY": VALUE}
    with deploying.database.read() as session:
        assert {row.key_id for row in session.scalars(select(SecretRow))} == {new.partition(" ")[0]}


def test_a_sealed_value_that_is_moved_to_another_model_can_not_be_read(deploying: Deploying) -> None:
    deploying.secrets.set(ANA, "iris", "KEY", VALUE)
    deploying.secrets.set(ANA, "mine", "KEY", "x")
    with deploying.database.transaction() as session:
        sealed = session.get_one(SecretRow, ("model", "iris", "KEY")).sealed
        session.get_one(SecretRow, ("model", "mine", "KEY")).sealed = sealed
    with pytest.raises(Conflict, match="not what was sealed"):
        deploying.secrets.values("mine")


def test_a_secret_has_no_value_to_show() -> None:
    assert "value" not in set(Secret.__dataclass_fields__)
