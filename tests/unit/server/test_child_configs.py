"""Options are spelled once: a child's configuration follows from the settings by names."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.support.configs import config_of
from unshelf.contracts.configs import ControlConfig, GatewayConfig, HostConfig
from unshelf.server.child_configs import child_config
from unshelf.server.settings import Settings

OWN = {GatewayConfig: {"index", "place", "listen_fd"}, HostConfig: {"supervisor"}, ControlConfig: {"index"}}


def test_a_nested_option_is_the_setting_with_the_group_s_name_before_it() -> None:
    settings = Settings(home=Path("/home"), deferred_queue=7, max_in_flight=9)
    config = child_config(GatewayConfig, settings, home="/home", index=1, place=1, listen_fd=5, allowed_hosts=None)
    assert (config.deferred.queue, config.max_in_flight) == (7, 9)
    assert (config.index, config.listen_fd, config.allowed_hosts) == (1, 5, None)


def test_what_is_no_setting_and_not_given_is_a_mistake() -> None:
    with pytest.raises(AttributeError, match="index"):
        child_config(GatewayConfig, Settings(home=Path("/home")), home="/home", place=0, listen_fd=5)


@pytest.mark.parametrize(("shape", "own"), OWN.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_every_other_field_is_a_setting_and_none_has_a_default_of_its_own(shape: Any, own: set[str]) -> None:
    for field in msgspec.structs.fields(shape):
        nested = msgspec.structs.fields(field.type) if msgspec.inspect.is_struct_type(field.type) else []
        names = [f"{field.name}_{each.name}" for each in nested] or [field.name]
        assert field.name in own or set(names) <= Settings.model_fields.keys(), field.name
        assert field.name in own or all(each.required for each in (field, *nested)), field.name


@pytest.mark.parametrize(("shape", "own"), OWN.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_a_configuration_survives_its_command_line(shape: Any, own: set[str]) -> None:
    config = config_of(shape, Path("/home"), **dict.fromkeys(own, 3))
    assert msgspec.json.decode(msgspec.json.encode(config), type=shape) == config
