"""Plans; tests/component/control/test_platform_files.py has them on the real API."""

from typing import Any

import pytest

from unshelf.client.operations.platform.plan import checked
from unshelf.contracts.errors import UnshelfError


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"project": []}, "projects"),
        ({"projects": {"name": "x"}}, "table of its own"),
        ({"projects": [{"name": "x", "titel": "y"}]}, "'title'"),
        ({"projects": [{"name": "x"}, {"name": "x"}]}, "twice"),
    ],
)
def test_what_is_wrong_is_named_with_the_nearest_right(document: dict[str, Any], said: str) -> None:
    with pytest.raises(UnshelfError) as refused:
        checked(document)
    assert said in f"{refused.value.detail} {refused.value.hint}"
