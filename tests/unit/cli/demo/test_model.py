"""What the demo needs is named together with the way to get it."""

import importlib.util

import pytest

from unshelf.cli.demo.model import require_packages
from unshelf.client.errors import UnshelfError


def test_packages_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    require_packages(full=True)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in ("skops", "pandas") else object())
    with pytest.raises(UnshelfError, match="scikit-learn models, and skops can't be imported"):
        require_packages()
    with pytest.raises(UnshelfError, match="skops and pandas") as told:
        require_packages(full=True)
    assert "unshelf[server,demo]" in told.value.hint
