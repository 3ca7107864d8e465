"""Monitors that bundles declare."""

import pytest

from tests.support.actors import actor
from unshelf.contracts.bundle import BundleFile, Loader, Manifest
from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.monitoring.monitors import DeclaredMonitor
from unshelf.contracts.signature import Column, Columns, Signature
from unshelf.foundation.access.scopes import model_scope
from unshelf.monitor.monitors.checking.declared import DeclaredMonitors

SIGNATURE = Signature(inputs=Columns(columns=[Column(name="age", type="float64")]), outputs=None)
ADMIN = actor("admin", id="admin", name="admin")
SCOPE = model_scope("credit", project="default")


def declaring(monitor: DeclaredMonitor, signature: Signature | None = None) -> Manifest:
    file = BundleFile(path="m.py", sha256="0" * 64, size=1)
    return Manifest(loader=Loader(kind="python"), files=[file], python="3.11", monitors=[monitor], signature=signature)


def test_what_a_version_can_t_judge_is_refused_as_soon_as_it_is_known() -> None:
    declared, of_height = DeclaredMonitors(), declaring(DeclaredMonitor(name="m", columns=["height"]))
    declared.check(ADMIN, SCOPE, of_height)
    with pytest.raises(InvalidInput, match="The monitor m: 'height' is no input") as refused:
        declared.check_found(of_height, SIGNATURE)
    assert refused.value.hint == "Its inputs are age."
    with pytest.raises(InvalidInput, match="'height' is no input"):
        declared.check(ADMIN, SCOPE, declaring(DeclaredMonitor(name="m", columns=["height"]), SIGNATURE))
    declared.check_found(declaring(DeclaredMonitor(name="m", columns=["age"])), SIGNATURE)


def test_an_impossible_limit_is_refused() -> None:
    impossible = DeclaredMonitor(name="m", kind="performance", metric="accuracy", relative=False, threshold=80.0)
    with pytest.raises(InvalidInput, match="the limit of accuracy is not 80"):
        DeclaredMonitors().check(ADMIN, SCOPE, declaring(impossible))
