"""Metrics that bundles declare are judged by what the deployer may do, and set once."""

import hashlib
from typing import Any

import msgspec
import pytest
from sqlalchemy.orm import Session

from tests.support.actors import user
from tests.support.labelled import ADMIN, LabelledRecords
from unshelf.contracts.bundle import BundleFile, Loader, Manifest
from unshelf.contracts.errors import Forbidden, InvalidInput
from unshelf.contracts.monitoring.metrics import DeclaredMetric
from unshelf.contracts.monitoring.monitors import DeclaredMonitor
from unshelf.foundation.access.actors import Actor, stored_actor
from unshelf.foundation.access.model_scopes import scope_of
from unshelf.foundation.access.scopes import model_scope
from unshelf.monitor.performance.custom.declared import DeclaredMetrics
from unshelf.monitor.performance.custom.service import CustomMetricService

CODE = b"def lost(truth, prediction, rows):\n    return 1\n"


class Kept:
    """Blobs, events and work as they come."""

    def __init__(self, *contents: bytes) -> None:
        self.blobs = {hashlib.sha256(each).hexdigest(): each for each in contents}
        self.events: list[str] = []
        self.added: list[str] = []
        self.woken = 0

    def read(self, digest: str) -> bytes:
        return self.blobs[digest]

    def record(self, _session: object, _actor: object, action: str, *_: object, **__: object) -> None:
        self.events.append(action)

    def add(self, _session: Session, model: str) -> None:
        self.added.append(model)

    def wake(self) -> None:
        self.woken += 1


def declaring(world: LabelledRecords, kept: Kept, now: Actor | None = None) -> DeclaredMetrics:
    service = CustomMetricService(world.database, kept, lambda _: None, lambda _: None)  # type: ignore[arg-type]
    return DeclaredMetrics(world.database, kept, service, kept, lambda _: now)  # type: ignore[arg-type]


def manifest(content: bytes = CODE, **more: Any) -> Manifest:
    file = BundleFile(path="m.py", sha256=hashlib.sha256(content).hexdigest(), size=len(content))
    metric = DeclaredMetric(**{"name": "lost", "file": "m.py", **more})
    return Manifest(loader=Loader(kind="python"), files=[file], python="3.11", metrics=[metric])


def test_what_is_declared_is_set_once_and_evaluated(world: LabelledRecords) -> None:
    kept = Kept(CODE)
    declared = declaring(world, kept)
    for better in ("lower", "lower", "higher"):
        with world.database.transaction() as session:
            declared.apply(session, ADMIN, "iris", manifest(better=better))
        declared.applied()
    assert kept.events == ["model.metric_set"] * 2, "the same again is no new version"
    assert kept.added == ["iris"] * 3 and kept.woken == 3
    service = CustomMetricService(world.database, kept, lambda _: None, lambda _: None)  # type: ignore[arg-type]
    (state,) = service.list_for(ADMIN, "iris")
    assert (state.metric.number, state.metric.definition.better) == (2, "higher")
    assert state.metric.definition.code == CODE.decode()


def test_who_may_not_set_a_metric_may_not_declare_one(world: LabelledRecords) -> None:
    kept = Kept(CODE)
    with world.database.read() as session:
        scope = scope_of(session, "iris")
    stranger = user("eve")
    declaring(world, kept).check(ADMIN, scope, manifest())
    with pytest.raises(Forbidden):
        declaring(world, kept).check(stranger, scope, manifest())
    stored = stored_actor(id=ADMIN.id, kind=ADMIN.kind, label=ADMIN.label)
    declaring(world, kept, now=ADMIN).check(stored, scope, manifest())
    with pytest.raises(Forbidden, match="may do nothing here any more"):
        declaring(world, kept, now=None).check(stored, scope, manifest())
    none = Manifest(loader=Loader(kind="python"), files=[], python="3.11")
    declaring(world, kept).check(stranger, scope, none)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe", "no text in UTF-8"),
        (b"#" * 100_001, "more than 100 KB"),
        (b"x = 1\n", "no function 'lost'"),
    ],
)
def test_files_that_can_be_no_metric_are_refused_as_the_deploy_begins(
    world: LabelledRecords, content: bytes, said: str
) -> None:
    with pytest.raises(InvalidInput, match=said):
        declaring(world, Kept(content)).check(ADMIN, model_scope("new", project="default"), manifest(content))


def test_a_monitor_of_a_metric_that_is_nowhere_is_refused_before_anything_is_done(world: LabelledRecords) -> None:
    kept = Kept(CODE)
    declared, scope = declaring(world, kept), model_scope("iris", project="default")
    lost = DeclaredMonitor(name="m", kind="performance", metric="lost")
    bare = Manifest(loader=Loader(kind="python"), files=[], python="3.11", monitors=[lost])
    with pytest.raises(InvalidInput, match="m: 'lost' is no metric; known are accuracy"):
        declared.check(ADMIN, scope, bare)
    with pytest.raises(InvalidInput, match="does not say which of its values are better"):
        declared.check(ADMIN, scope, msgspec.structs.replace(manifest(), monitors=[lost]))
    declared.check(ADMIN, scope, msgspec.structs.replace(manifest(better="lower"), monitors=[lost]))
    with world.database.transaction() as session:
        declared.apply(session, ADMIN, "iris", manifest(better="lower"))
    declared.check(ADMIN, scope, bare)
