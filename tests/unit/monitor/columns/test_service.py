"""Roles: inferred, declared, edited; changed with an event, and by whom it may be."""

import msgspec
import pytest

from tests.support.deploying import ANA, Deploying
from unshelf.contracts.bundle import Monitoring
from unshelf.contracts.errors import Forbidden, InvalidInput, NotFound
from unshelf.deploy.registry.version_facts import VersionFacts, VersionFactsReader
from unshelf.foundation.access.actors import SYSTEM
from unshelf.monitor.columns.service import ColumnRoleService


class Roles:
    """The service, and what versions declare."""

    def __init__(self, deploying: Deploying) -> None:
        self.reader = VersionFactsReader(deploying.database, deploying.bundles)
        self.declared: dict[int, Monitoring] = {}
        self.baseline: bytes | None = None
        self.service = ColumnRoleService(
            deploying.database, deploying.audit, facts_of=self._facts, baseline_of=lambda *_: self.baseline
        )

    def _facts(self, model: str, version: int) -> VersionFacts:
        facts = self.reader.of(model, version)
        declared = self.declared.get(version, facts.manifest.monitoring)
        return VersionFacts(**{**vars(facts), "manifest": msgspec.structs.replace(facts.manifest, monitoring=declared)})


@pytest.fixture
def roles(deploying: Deploying) -> Roles:
    deploying.register("iris")
    return Roles(deploying)


def test_what_is_declared_wins_over_what_is_inferred_and_what_is_edited_over_both(
    roles: Roles, deploying: Deploying
) -> None:
    found = roles.service.roles_of(ANA, "iris", 1)
    assert (found.prediction, found.sources["prediction"]) == ("output", "inferred")
    assert "key" in {each.role for each in found.missing}
    first = roles.service.names("iris", 1)[0][0]
    roles.declared[1] = Monitoring(key=first, label="truth")
    declared = roles.service.known("iris", 1)
    assert (declared.key, declared.sources["key"], declared.label) == (first, "declared", "truth")
    changed = roles.service.change(
        ANA, "iris", 1, {"label": "species", "task": "classification", "classes": ["a", "b"]}
    )
    assert (changed.label, changed.sources["label"], changed.key) == ("species", "edited", first)
    assert (changed.task, changed.classes) == ("classification", ("a", "b"))
    event = deploying.audit.find(limit=1).items[0]
    assert (event.action, event.subject.name) == ("version.columns_changed", "iris:1")
    assert event.after == {"label": "species", "task": "classification", "classes": ["a", "b"]}


def test_what_changes_nothing_leaves_no_event(roles: Roles, deploying: Deploying) -> None:
    roles.service.change(ANA, "iris", 1, {"label": "species"})
    before = deploying.actions()
    roles.service.change(ANA, "iris", 1, {"label": "species"})
    assert deploying.actions() == before


def test_a_role_can_be_taken_away(roles: Roles) -> None:
    found = roles.service.change(ANA, "iris", 1, {"prediction": None})
    assert (found.prediction, found.sources["prediction"]) == (None, "edited")
    assert "prediction" in {each.role for each in found.missing}


def test_later_versions_have_the_edited_roles_until_theirs_are_set(roles: Roles, deploying: Deploying) -> None:
    roles.service.change(ANA, "iris", 1, {"label": "species"})
    deploying.register("iris", b"two")
    assert roles.service.known("iris", 2).label == "species"
    roles.service.change(ANA, "iris", 2, {"label": "kind"})
    assert (roles.service.known("iris", 1).label, roles.service.known("iris", 2).label) == ("species", "kind")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"prediction": "nothing"}, "no output 'nothing'"),
        ({"key": "output"}, "no input 'output'"),
        ({"slices": ["nowhere"]}, "no input 'nowhere'"),
        ({"slices": ["a", "a"]}, "each once"),
        ({"task": "clustering"}, "task is none of"),
        ({"colour": "red"}, "no role"),
        ({"label": 3}, "takes a name"),
    ],
)
def test_what_can_not_be_is_said_clearly(
    roles: Roles, deploying: Deploying, change: dict[str, object], said: str
) -> None:
    before = deploying.actions()
    with pytest.raises(InvalidInput, match=said):
        roles.service.change(ANA, "iris", 1, change)
    assert deploying.actions() == before


def test_a_damaged_baseline_costs_its_hints_alone(roles: Roles) -> None:
    roles.baseline = b"not a profile"
    assert roles.service.known("iris", 1).prediction == "output"


def test_a_version_that_is_not_there_and_one_without_the_right(roles: Roles) -> None:
    with pytest.raises(NotFound):
        roles.service.roles_of(ANA, "iris", 7)
    with pytest.raises(Forbidden):
        roles.service.roles_of(SYSTEM, "iris", 1)
    with pytest.raises(Forbidden):
        roles.service.change(SYSTEM, "iris", 1, {"label": "x"})
