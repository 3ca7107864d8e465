"""The label of a key: unambiguous also where a name is used again."""

import pytest

from unshelf.foundation.clock import now
from unshelf.manage.keys.api_key import ApiKey


@pytest.mark.parametrize(("id", "name", "label"), [("01abc", "ci", "ci (01abc)"), ("admin", "admin", "admin")])
def test_a_label_has_the_id_unless_it_is_the_name(id: str, name: str, label: str) -> None:
    key = ApiKey(
        id=id, name=name, role="predict", project=None, models=None, created_at=now(), created_by="ana", expires_at=None,
        revoked_at=None, limits=None,
    )  # fmt: skip
    assert key.label == label
