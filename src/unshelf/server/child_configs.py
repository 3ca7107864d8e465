"""Configurations of child processes, made from the settings by names, so that options and defaults stand in Settings alone."""

from typing import Any, TypeVar

import msgspec
from msgspec.structs import FieldInfo

from unshelf.server.settings import Settings

Config = TypeVar("Config", bound=msgspec.Struct)


def child_config(shape: type[Config], settings: Settings, **own: Any) -> Config:
    """Make a child's configuration. A field's value is the one in `own`, else the setting of that name, else its default.

    The fields of a nested struct are settings whose names begin with the nested field's name: `deferred.queue` is
    `deferred_queue`."""

    def value(field: FieldInfo) -> Any:
        if field.name in own:
            return own[field.name]
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            names = [nested.name for nested in msgspec.structs.fields(field.type)]
            return field.type(**{name: getattr(settings, f"{field.name}_{name}") for name in names})
        if field.name not in Settings.model_fields and field.default is not msgspec.NODEFAULT:
            return field.default
        return getattr(settings, field.name)

    return shape(**{field.name: value(field) for field in msgspec.structs.fields(shape)})
