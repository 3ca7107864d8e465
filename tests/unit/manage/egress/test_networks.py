"""What each version may reach: its manifest, a later change, the operator's default; within the operator's policy."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.deploying import Deploying
from unshelf.contracts.bundle import NetworkAccess
from unshelf.contracts.errors import Forbidden
from unshelf.manage.egress.networks import VersionNetwork, VersionNetworks, normalized


@pytest.fixture
def deploying(tmp_path: Path) -> Iterator[Deploying]:
    services = Deploying(tmp_path)
    yield services
    services.database.dispose()


def test_a_version_of_before_has_the_operator_s_default() -> None:
    silent = NetworkAccess()
    assert VersionNetworks([], "full").of(silent, None) == VersionNetwork(access="full", source="default")
    assert VersionNetworks([], "none").of(silent, None) == VersionNetwork(access="none", source="default")


def test_what_was_said_counts_and_a_later_change_more() -> None:
    networks = VersionNetworks([], "full")
    said = NetworkAccess(access="none", allow=["DB.example.org:5432"])
    assert networks.of(said, None) == VersionNetwork(access="none", allow=("db.example.org:5432",))
    changed = VersionNetwork(access="none", allow=("other.example.org:1",), source="changed")
    assert networks.of(said, changed) is changed


@pytest.mark.parametrize(
    ("access", "allow", "entry"), [("full", [], "full"), ("none", ["10.0.0.1:5432"], "10.0.0.1:5432")]
)
def test_what_the_operator_lets_nobody_grant_is_refused_with_who_can_change_that(
    access: str, allow: list[str], entry: str
) -> None:
    networks = VersionNetworks(["*"], "full")
    with pytest.raises(Forbidden) as refused:
        networks.must_grant(access, allow)  # type: ignore[arg-type]
    assert "UNSHELF_EGRESS_ALLOW" in refused.value.hint and entry in refused.value.hint
    networks.must_grant("none", ["db.example.org:5432"])
    networks.must_grant(None, [])


def test_changes_are_kept_by_version_and_go_with_it(deploying: Deploying) -> None:
    wanted = VersionNetwork(access="none", allow=normalized(["b.example:1", "a.example:1"]), source="changed")
    with deploying.database.transaction() as session:
        deploying.networks.change(session, "iris", 1, wanted, "ada")
        deploying.networks.change(session, "iris", 2, wanted, "ada")
    with deploying.database.transaction() as session:
        assert deploying.networks.changes(session, ["iris", "other"]) == {("iris", 1): wanted, ("iris", 2): wanted}
        deploying.networks.forget(session, "iris", [1])
    with deploying.database.read() as session:
        assert deploying.networks.changes(session, ["iris"]) == {("iris", 2): wanted}
