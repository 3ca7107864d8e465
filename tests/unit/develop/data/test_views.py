"""Data as the API shows it."""

from datetime import UTC, datetime

from unshelf.contracts.references import DataReference
from unshelf.develop.connections.connection import Binding
from unshelf.develop.data.views import to_binding


def test_a_binding_shows_its_target_as_a_reference() -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    binding = Binding(target=DataReference("warehouse", path="public.orders"), set_at=moment, set_by="ana")
    assert to_binding(binding).target == "data://warehouse/public.orders"
