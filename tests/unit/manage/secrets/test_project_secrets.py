"""Secrets of projects: all models get them, a model's own win, and a model that moves gets those of its new project alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.actors import actor
from tests.support.deploying import Deploying
from tests.support.people import user_with_roles
from tests.support.stand_in_host import StandInHost
from unshelf.contracts.errors import InvalidInput, NotFound
from unshelf.contracts.variables import MAX_VARIABLES
from unshelf.foundation.access.scopes import project_scope
from unshelf.foundation.events.store import EventStore
from unshelf.runtime.routing_file import read_routing

ROOT = actor("admin", id="admin", name="admin")


@pytest.fixture
def deploying(tmp_path: Path) -> Iterator[Deploying]:
    """The models iris and rose in the project `default`; credit is empty."""
    services = Deploying(tmp_path)
    services.projects.create(ROOT, "credit")
    services.register("iris")
    services.register("rose")
    yield services
    services.database.dispose()


@pytest.fixture
def host(deploying: Deploying) -> Iterator[StandInHost]:
    with StandInHost(deploying.host_socket).running() as running:
        yield running


def published(deploying: Deploying, model: str) -> int:
    return read_routing(deploying.folder).models[model].versions[1].secrets


def held(host: StandInHost, model: str) -> dict[str, str]:
    return host.secrets[model][1] if model in host.secrets else {}


def in_step(deploying: Deploying, host: StandInHost) -> None:
    """The host holds what is published, of each model."""
    for model in ("iris", "rose"):
        assert host.secrets.get(model, (0, {}))[0] == published(deploying, model)


def test_all_models_of_a_project_get_its_secrets_and_their_own_win(deploying: Deploying, host: StandInHost) -> None:
    deploying.secrets.set(ROOT, "iris", "TOKEN", "own")
    secret, _ = deploying.secrets.set_of_project(ROOT, "default", "TOKEN", "shared")
    deploying.secrets.set_of_project(ROOT, "default", "URL", "https://x")
    assert (secret.project, secret.model) == ("default", None)
    assert held(host, "iris") == {"TOKEN": "own", "URL": "https://x"}
    assert held(host, "rose") == deploying.secrets.values("rose") == {"TOKEN": "shared", "URL": "https://x"}
    in_step(deploying, host)
    deploying.secrets.delete(ROOT, "iris", "TOKEN")
    assert held(host, "iris")["TOKEN"] == "shared"
    in_step(deploying, host)
    assert [each.name for each in deploying.secrets.list_of("iris", limit=9).items] == []
    assert [each.name for each in deploying.secrets.list_of_project("default", limit=9).items] == ["TOKEN", "URL"]


def test_each_change_of_a_project_makes_every_model_s_revision_grow(deploying: Deploying, host: StandInHost) -> None:
    deploying.secrets.set(ROOT, "iris", "A", "1")
    seen = []
    for act in (
        lambda: deploying.secrets.set_of_project(ROOT, "default", "B", "2"),
        lambda: deploying.secrets.set(ROOT, "iris", "A", "3"),
        lambda: deploying.secrets.set_of_project(ROOT, "default", "B", "4"),
        lambda: deploying.secrets.delete_of_project(ROOT, "default", "B"),
    ):
        act()
        seen.append(published(deploying, "iris"))
        in_step(deploying, host)
    assert seen == sorted(set(seen))
    assert (held(host, "iris"), published(deploying, "rose"), "rose" in host.secrets) == ({"A": "3"}, 0, False)


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("there", [True, False])
def test_a_model_that_moves_gets_the_secrets_of_its_new_project_alone(
    deploying: Deploying, host: StandInHost, own: bool, there: bool
) -> None:
    """Given secrets here that are newer than those there, then what is published after the move is newer still, or nothing."""
    if there:
        deploying.secrets.set_of_project(ROOT, "credit", "THERE", "2")
    if own:
        deploying.secrets.set(ROOT, "iris", "OWN", "1")
    deploying.secrets.set_of_project(ROOT, "default", "HERE", "3")
    before = published(deploying, "iris")
    assert held(host, "iris").keys() >= {"HERE"}
    deploying.places.move(ROOT, "iris", "credit")
    wanted = ({"OWN": "1"} if own else {}) | ({"THERE": "2"} if there else {})
    assert held(host, "iris") == wanted
    assert published(deploying, "iris") > before if wanted else published(deploying, "iris") == 0
    assert held(host, "rose") == {"HERE": "3"}
    in_step(deploying, host)


def test_a_later_model_of_a_name_in_another_project_gets_nothing_of_the_former_one(
    deploying: Deploying, host: StandInHost
) -> None:
    deploying.secrets.set_of_project(ROOT, "credit", "THERE", "2")
    deploying.secrets.set_of_project(ROOT, "default", "HERE", "3")
    before = published(deploying, "iris")
    deploying.registry.remove("iris", ROOT)
    deploying.secrets.reconcile()
    assert "iris" not in host.secrets
    deploying.register("iris", b"another", project="credit")
    deploying.publisher.publish()
    version = max(read_routing(deploying.folder).models["iris"].versions)
    assert read_routing(deploying.folder).models["iris"].versions[version].secrets > before
    deploying.secrets.reconcile()
    assert held(host, "iris") == {"THERE": "2"}


def test_a_secret_that_was_set_before_the_first_deploy_goes_where_the_model_goes(
    deploying: Deploying, host: StandInHost
) -> None:
    deploying.secrets.set_of_project(ROOT, "default", "HERE", "3")
    deploying.secrets.set(ROOT, "lily", "OWN", "1")
    before = host.secrets["lily"]
    assert before[1] == {"OWN": "1", "HERE": "3"}
    assert deploying.secrets.values("lily", "credit") == {"OWN": "1"}
    deploying.register("lily", project="credit")
    deploying.secrets.put_in_force(["lily"])
    assert (held(host, "lily"), published(deploying, "lily") > before[0]) == ({"OWN": "1"}, True)


def test_a_value_can_not_be_moved_between_owners(deploying: Deploying) -> None:
    """Given a project and a model of one name, then the sealed value of the one can't be read as the other's."""
    from unshelf.manage.secrets.service import SecretsUnreadable
    from unshelf.manage.secrets.tables import SecretRow

    deploying.secrets.set_of_project(ROOT, "credit", "A", "1")
    with deploying.database.transaction() as session:
        row = session.get_one(SecretRow, ("project", "credit", "A"))
        session.add(
            SecretRow(
                scope_kind="model", scope="credit", name="A", key_id=row.key_id, sealed=row.sealed, revision=1,
                set_at=row.set_at, set_by=row.set_by,
            )
        )  # fmt: skip
    with pytest.raises(SecretsUnreadable):
        deploying.secrets._values("credit")


def test_uses_are_told_once_for_each_change(deploying: Deploying, host: StandInHost) -> None:
    deploying.secrets.set_of_project(ROOT, "default", "A", "1")
    for _ in range(3):
        host.secrets.clear()  # as a host that lost its copy
        deploying.secrets.reconcile()
    deploying.secrets.note_check("iris", "d1", {"A": "1"})
    deploying.secrets.note_check("iris", "d2", {})
    used = [each for each in EventStore(deploying.database).newest(limit=99).items if each.action == "secret.used"]
    told = sorted((each.subject.model, (each.after or {})["by"], (each.after or {})["names"]) for each in used)
    assert told == [("iris", "check", ["A"]), ("iris", "workers", ["A"]), ("rose", "workers", ["A"])]
    assert all(each.actor_kind == "system" for each in used)


def test_secrets_are_listed_for_those_who_may_manage_them(deploying: Deploying) -> None:
    deploying.secrets.set_of_project(ROOT, "credit", "A", "1")
    deploying.secrets.set_of_project(ROOT, "default", "B", "2")
    deploying.secrets.set(ROOT, "iris", "C", "3")
    deploying.access.grant(ROOT, holder_kind="user", holder="ana", role="contributor", scope=project_scope("credit"))
    ana = user_with_roles(deploying.database, deploying.access, "ana")
    assert [each.name for each in deploying.secrets.list_for(ana, limit=9).items] == ["A"]
    pages, cursor = [], None
    for _ in range(3):
        page = deploying.secrets.list_for(ROOT, limit=1, cursor=cursor)
        pages += [(each.model, each.project, each.name) for each in page.items]
        cursor = page.next_cursor
    assert pages == [("iris", None, "C"), (None, "credit", "A"), (None, "default", "B")]
    assert cursor is None


def test_what_is_too_much_for_one_model_is_refused(deploying: Deploying) -> None:
    for number in range(MAX_VARIABLES - 1):
        deploying.secrets.set_of_project(ROOT, "default", f"N{number}", "x")
    deploying.secrets.set(ROOT, "iris", "OWN", "x")
    with pytest.raises(InvalidInput, match="at most"):
        deploying.secrets.set(ROOT, "iris", "ANOTHER", "x")
    with pytest.raises(InvalidInput, match="at most"):
        deploying.secrets.set_of_project(ROOT, "default", "ANOTHER", "x")
    deploying.secrets.set_of_project(ROOT, "default", "N0", "y")


def test_secrets_of_a_project_that_there_is_not_are_not_found(deploying: Deploying) -> None:
    for act in (
        lambda: deploying.secrets.set_of_project(ROOT, "none", "A", "1"),
        lambda: deploying.secrets.list_of_project("none", limit=1),
        lambda: deploying.secrets.delete_of_project(ROOT, "none", "A"),
        lambda: deploying.secrets.delete_of_project(ROOT, "credit", "A"),
    ):
        with pytest.raises(NotFound):
            act()
