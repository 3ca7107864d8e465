"""Structs in an OpenAPI document: fields that name them, and schemas with the structs' own docstrings."""

from typing import Any, Literal

import msgspec
import pytest
from pydantic import BaseModel

from unshelf.foundation.web.struct_schemas import add_struct_schemas, optional_field, struct_field


class Wheel(msgspec.Struct):
    """A wheel."""

    size: int
    """The inches."""


class Car(msgspec.Struct, tag="car", tag_field="kind"):
    """A car."""

    wheels: list[Wheel]
    """Its wheels."""
    fuel: Literal["petrol", "none"]
    """What it burns."""
    nick: str = ""


class Garage(BaseModel):
    car: dict[str, Any] = struct_field(Car)
    wheels: list[dict[str, Any]] = struct_field(Wheel)
    spare: dict[str, Any] | None = optional_field("Wheel")
    name: str


def schemas_of(model: type[BaseModel], *structs: type[msgspec.Struct]) -> dict[str, Any]:
    schemas: dict[str, Any] = {model.__name__: model.model_json_schema()}
    add_struct_schemas(schemas, structs)
    return schemas


def test_fields_refer_to_the_structs_whose_values_they_hold() -> None:
    fields = schemas_of(Garage, Car)["Garage"]["properties"]
    wheel = {"$ref": "#/components/schemas/Wheel"}
    assert fields["car"]["$ref"] == "#/components/schemas/Car"
    assert not {"type", "additionalProperties", "x-struct"} & fields["car"].keys()
    assert (fields["wheels"]["type"], fields["wheels"]["items"]) == ("array", wheel)
    assert fields["spare"]["anyOf"] == [wheel, {"type": "null"}]
    assert fields["name"] == {"title": "Name", "type": "string"}


def test_structs_come_with_those_that_they_hold_and_their_docstrings() -> None:
    schemas = schemas_of(Garage, Car)
    car, wheel = schemas["Car"]["properties"], schemas["Wheel"]["properties"]
    assert (car["wheels"]["description"], wheel["size"]["description"]) == ("Its wheels.", "The inches.")
    assert (car["fuel"]["type"], car["fuel"]["description"]) == ("string", "What it burns.")
    assert car["kind"]["description"] == "The kind of this shape."
    assert "description" not in car["nick"]


def test_a_field_that_names_no_schema_is_a_fault() -> None:
    with pytest.raises(KeyError, match="Car"):
        schemas_of(Garage, Wheel)
