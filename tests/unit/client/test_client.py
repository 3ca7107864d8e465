"""A reference that can't be one never becomes a request."""

import pytest

from tests.support.control import Control
from unshelf.client.client import Client
from unshelf.client.errors import UnshelfError


@pytest.mark.parametrize("reference", ["../keys", "a/b", "Iris", "iris:0", "iris@", "iris:1:2", ""])
def test_a_wrong_reference_never_becomes_a_request(control: Control, client: Client, reference: str) -> None:
    with pytest.raises(UnshelfError) as caught:
        client.show(reference)
    assert caught.value.code == "invalid_reference"
    assert control.asked == []
