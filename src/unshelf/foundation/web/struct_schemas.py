"""Contract structs in the OpenAPI document: a field that holds one names it, and its schema is made from the struct itself."""

from typing import Any

import msgspec
from pydantic import Field

from unshelf.foundation.web.field_docs import descriptions_of

_MARK = "x-struct"
_REFERENCE = "#/components/schemas/{name}"


def struct_field(struct: type[msgspec.Struct]) -> Any:
    """Mark a field of type `dict[str, Any]`, or a list of them, as the plain values of a struct."""
    return Field(json_schema_extra={_MARK: struct.__name__})


def optional_field(schema: str) -> Any:
    """Mark a field of type `dict[str, Any] | None` as one of the document's schemas, by name; null unless given."""
    return Field(default=None, json_schema_extra={_MARK: schema})


def add_struct_schemas(schemas: dict[str, Any], structs: tuple[type[msgspec.Struct], ...]) -> None:
    """Put the schemas of `structs`, and of all that they hold, in place of the marks. Raises KeyError for a struct that is not given."""
    _, components = msgspec.json.schema_components(structs, ref_template=_REFERENCE)
    for struct in _with_fields(structs):
        for name, text in _descriptions(struct).items():
            components[struct.__name__]["properties"][name].setdefault("description", text)
        for field in components[struct.__name__]["properties"].values():
            _state_type(field)
    for schema in schemas.values():
        for field in schema.get("properties", {}).values():
            if name := field.pop(_MARK, None):
                _refer(field, _REFERENCE.format(name=name if name in components or name in schemas else _unknown(name)))
    schemas.update(components)


def _refer(field: dict[str, Any], reference: str) -> None:
    if field.get("type") == "array":
        field["items"] = {"$ref": reference}
    elif "anyOf" in field:
        field["anyOf"] = [{"$ref": reference}, {"type": "null"}]
    else:
        field.pop("type", None)
        field.pop("additionalProperties", None)
        field["$ref"] = reference


def _state_type(field: dict[str, Any]) -> None:
    """State the type of an enumeration, which msgspec leaves out, and generators of typed clients ask for."""
    for schema in (field, field.get("items", {})):
        if all(isinstance(value, str) for value in schema.get("enum", [None])):
            schema["type"] = "string"


def _unknown(name: str) -> str:
    raise KeyError(f"{name} is named by a field, and is not among the structs of the document")


def _with_fields(structs: tuple[type[msgspec.Struct], ...]) -> list[type[msgspec.Struct]]:
    """The structs and those that their fields hold."""
    found: dict[str, type[msgspec.Struct]] = {}

    def visit(described: msgspec.inspect.Type) -> None:
        if isinstance(described, msgspec.inspect.StructType) and described.cls.__name__ not in found:
            found[described.cls.__name__] = described.cls
            for field in described.fields:
                visit(field.type)
        for inner in (*getattr(described, "types", ()), *filter(None, (getattr(described, "item_type", None),))):
            visit(inner)

    for struct in structs:
        visit(msgspec.inspect.type_info(struct))
    return list(found.values())


def _descriptions(struct: type[msgspec.Struct]) -> dict[str, str]:
    """Read the docstrings under the fields."""
    tag = struct.__struct_config__.tag
    return descriptions_of(struct) | (
        {str(struct.__struct_config__.tag_field): "The kind of this shape."} if tag is not None else {}
    )
