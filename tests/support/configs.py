"""Configurations for processes and parts that a test starts by itself: what the test gives, and the settings' defaults."""

from pathlib import Path
from typing import Any, TypeVar

import msgspec

from unshelf.server.child_configs import child_config
from unshelf.server.settings import Settings

Config = TypeVar("Config", bound=msgspec.Struct)


def config_of(shape: type[Config], home: Path, **given: Any) -> Config:
    """Make a configuration. `given` names settings, also such as no operator may choose, and fields of the configuration."""
    if unknown := given.keys() - Settings.model_fields.keys() - set(shape.__struct_fields__):
        raise TypeError(f"neither settings nor fields of {shape.__name__}: {sorted(unknown)}")
    settings = Settings.model_construct(
        **{name: value for name, value in given.items() if name in Settings.model_fields}
    )
    own = {name: value for name, value in given.items() if name in shape.__struct_fields__}
    return child_config(shape, settings, home=str(home), **own)
