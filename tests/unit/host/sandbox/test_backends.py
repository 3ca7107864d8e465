"""The choice of a sandbox by the setting and the machine."""

import os
from pathlib import Path

import pytest

from unshelf.host.sandbox import backends, landlock
from unshelf.host.sandbox.backends import SandboxRequired, open_sandbox


def test_off_means_none_whoever_runs(tmp_path: Path) -> None:
    assert open_sandbox("off", "", tmp_path).reason == "UNSHELF_SANDBOX is off"


@pytest.mark.parametrize(
    ("machine", "kind"),
    [
        ((0, 7, []), "namespaces"), ((1000, 7, []), "user namespaces"), ((1000, 7, ["user namespaces"]), "landlock"),
        ((0, 7, ["namespaces"]), "landlock"), ((1000, 0, ["user namespaces"]), "none"), ((0, 0, ["namespaces"]), "none"),
    ],
)  # fmt: skip
def test_the_strongest_walls_that_stand_are_taken_and_weak_ones_refused_where_walls_are_required(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, machine: tuple[int, int, list[str]], kind: str
) -> None:
    user, rules, faults = machine
    monkeypatch.setattr(os, "getuid", lambda: user)
    monkeypatch.setattr(landlock, "version", lambda: rules)
    monkeypatch.setattr(
        backends, "_fault_of", lambda sandbox, _: "the kernel said no" if sandbox.kind in faults else ""
    )
    found = open_sandbox("auto", "", tmp_path)
    assert found.kind == kind
    assert ("the kernel said no" in found.reason) == bool(faults)
    assert ("does not run as root" in found.reason) == (user != 0)
    if faults:
        with pytest.raises(SandboxRequired, match="the kernel said no"):
            open_sandbox("require", "", tmp_path)
    else:
        assert open_sandbox("require", "", tmp_path).kind == kind
