"""Descriptions of operations: a body only where there is one, and errors as problems."""

from unshelf.api.operations import JSON, answer, operation, parameter, schema_of


def test_an_operation_states_its_answers_and_its_errors_together() -> None:
    described = operation(
        "read_it", "Read it.", [parameter("id", "Its id.")], answers={"200": answer("It.", {JSON: schema_of("It")})},
        codes=("not_found", "conflict"),
    )  # fmt: skip
    assert list(described["responses"]) == ["200", "404", "409"]
    assert described["parameters"][0]["in"] == "path"
    assert "requestBody" not in described


def test_a_body_is_required_where_there_is_one() -> None:
    described = operation("put_it", "Put it.", [], body={JSON: schema_of("It")}, answers={}, tag="health")
    assert described["requestBody"] == {"required": True, "content": {JSON: schema_of("It")}}
    assert described["tags"] == ["health"]
