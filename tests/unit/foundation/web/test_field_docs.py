"""Docstrings under fields as descriptions of schemas."""

from typing import Any

from pydantic import BaseModel, Field

from unshelf.foundation.web.field_docs import describe_fields, descriptions_of


class Base(BaseModel):
    size: int
    """The size in
    bytes."""


class Described(Base):
    name: str
    """The name."""
    plain: int
    given: int = Field(description="Said otherwise.")
    """Not this."""
    method_follows: int

    def method(self) -> None:
        """No field's."""


def test_a_field_is_described_by_the_docstring_under_it() -> None:
    assert descriptions_of(Described) == {"name": "The name.", "given": "Not this."}


def test_a_schema_has_those_of_its_class_and_of_the_classes_before_it_unless_a_field_says_otherwise() -> None:
    schemas: dict[str, Any] = {"Described": Described.model_json_schema()}

    class Root(Base):
        """Of what is described."""

    describe_fields(schemas, (Root,))
    assert "description" not in schemas["Described"]["properties"]["name"], "it is not under that class"
    describe_fields(schemas, (BaseModel,))
    found = {name: field.get("description") for name, field in schemas["Described"]["properties"].items()}
    assert found == {
        "size": "The size in\nbytes.", "name": "The name.", "plain": None, "given": "Said otherwise.", "method_follows": None,
    }  # fmt: skip
