"""Routing state for gateways and hosts that run without control."""

from pathlib import Path

from unshelf.contracts.routing import WARM_PART, RoutingTable, keys_part, model_part
from unshelf.foundation.routing_folder import RoutingFolder


def publish_routing(run_folder: Path, table: RoutingTable) -> None:
    """Put this state in force, as control does it."""
    folder = RoutingFolder(run_folder)
    shards: dict[str, dict[str, object]] = {}
    for token, key in table.keys.items():
        shards.setdefault(keys_part(token), {})[token] = key
    parts = {model_part(name): folder.put(model) for name, model in table.models.items()}
    parts |= {part: folder.put(keys) for part, keys in shards.items()}
    parts[WARM_PART] = folder.put(table.warm)
    folder.put_index(table.generation, parts)
