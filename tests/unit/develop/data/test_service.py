"""References of requests: a version or a path, never both, and no path that leaves a connection."""

import pytest

from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.references import DataReference
from unshelf.develop.data.service import reference_of


def test_a_version_or_a_path_makes_a_reference() -> None:
    assert reference_of("orders", 3, "") == DataReference("orders", version=3)
    assert reference_of("lake", None, "2024/a.csv") == DataReference("lake", path="2024/a.csv")


@pytest.mark.parametrize(("version", "path"), [(1, "a"), (None, "../a"), (None, "/etc/passwd"), (None, "a\n")])
def test_others_are_refused(version: int | None, path: str) -> None:
    with pytest.raises(InvalidInput):
        reference_of("lake", version, path)
