"""The routes that gateways answer themselves, for the OpenAPI document: docs/reference/http.md says more of each."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field, RootModel

from unshelf.api.operations import JSON, answer, header, operation, parameter, schema_of
from unshelf.foundation.web.schemas import AnswerModel, RequestModel
from unshelf.foundation.web.struct_schemas import optional_field

_ARROW = "application/vnd.apache.arrow.stream"
_BINARY = {"type": "string", "format": "binary"}
_ERRORS = ("malformed_request", "not_found", "body_too_large", "unsupported_media_type", "invalid_input")
_MODEL_ERRORS = ("too_many_requests", "model_error", "overloaded", "deadline_exceeded")


class PredictInputs(RequestModel):
    """Rows to predict."""

    inputs: list[Any] = Field(min_length=1, examples=[[{"age": 41, "city": "Utrecht"}, [29, "Gent"]]])
    """Rows: each an object by column, an array in column order, or the bare value of a model's only column; for tensors nested
    arrays."""
    params: dict[str, Any] | None = Field(default=None, examples=[{"top_k": 3}])
    """Values of the model's parameters, by name; those left out have their defaults, which its signature tells."""


class PredictOutputs(AnswerModel):
    """The outputs of a prediction."""

    id: str
    """The prediction's id, under which it is recorded."""
    model: str
    """The model's name."""
    version: int
    """The version that answered."""
    base64: list[str] | None = None
    """The outputs that are bytes, written as base64; `output` for bare values. Absent where there are none."""
    outputs: Any
    """A list with an output a row; of a model that yields, with all its chunks. Of a version that declares the output `table` the
    whole answer: any JSON value."""


class InvocationInputs(RootModel[dict[str, Any]]):
    """Rows as MLflow's scoring protocol has them: `inputs`, `instances`, `dataframe_split` or `dataframe_records`; and `params`."""


class InvocationOutputs(AnswerModel):
    """The outputs as MLflow's scoring protocol has them."""

    predictions: Any
    """The outputs."""


class DeferredPrediction(AnswerModel):
    """A prediction that is answered later."""

    id: str
    """The id by which it is polled, fetched and cancelled."""
    model: str
    """The model's name."""
    version: int
    """The version that was chosen when it was accepted."""
    status: Literal["queued", "running", "succeeded", "failed", "cancelled"]
    """How far it is."""
    url: str
    """The address of this state."""
    created_at: datetime | None = None
    """When it was accepted."""
    started_at: datetime | None = None
    """When it began to run."""
    finished_at: datetime | None = None
    """When it was answered, or cancelled."""
    prediction_id: str | None = None
    """The id under which it is recorded, once it is finished."""
    answer_url: str | None = None
    """The address of the answer, once it is finished."""
    outputs: Any = None
    """The outputs, where it succeeded and they are JSON."""
    problem: dict[str, Any] | None = optional_field("ProblemAnswer")
    """The problem, where it failed."""


PREDICTION_MODELS = (PredictInputs, PredictOutputs, InvocationInputs, InvocationOutputs, DeferredPrediction)


def prediction_paths() -> dict[str, Any]:
    """Return the `paths` of the document for what gateways answer."""
    ref = parameter("ref", "NAME, NAME:3 or NAME@alias.")
    params = header(
        "Unshelf-Params",
        "Values of the model's parameters, as a JSON object: for bodies without a place for them (Arrow, CSV).",
    )
    outputs = {JSON: schema_of("PredictOutputs"), "text/event-stream": {"schema": {"type": "string"}}}
    accepted = {
        "202": answer("It is answered later (`Prefer: respond-async`).", {JSON: schema_of("DeferredPrediction")})
    }
    return {
        "/models/{ref}/predict": {
            "post": operation(
                "predict",
                "Predict rows.",
                [ref, params],
                body={JSON: schema_of("PredictInputs"), _ARROW: {"schema": _BINARY}},
                answers={"200": answer("The outputs.", outputs | {_ARROW: {"schema": _BINARY}}), **accepted},
                codes=(*_ERRORS, *_MODEL_ERRORS),
            )
        },
        "/models/{ref}/invocations": {
            "post": operation(
                "invoke",
                "Predict rows, by MLflow's scoring protocol.",
                [ref, params],
                body={JSON: schema_of("InvocationInputs"), "text/csv": {"schema": {"type": "string"}}},
                answers={"200": answer("The outputs.", {JSON: schema_of("InvocationOutputs")}), **accepted},
                codes=(*_ERRORS, *_MODEL_ERRORS),
            )
        },
        **_deferred_paths(outputs),
        "/metrics": {
            "get": operation(
                "scrape_metrics",
                "Read metrics for Prometheus, of the models that the key is good for.",
                [],
                answers={"200": answer("Metrics.", {"text/plain": {"schema": {"type": "string"}}})},
            )
        },
    }


def _deferred_paths(outputs: dict[str, Any]) -> dict[str, Any]:
    parameters = [parameter("ref", "The model's name."), parameter("id", "The id of the deferred prediction.")]
    state = answer("How far it is.", {JSON: schema_of("DeferredPrediction")})
    return {
        "/models/{ref}/predictions/{id}": {
            "get": operation(
                "show_deferred",
                "Show how far a deferred prediction is.",
                parameters,
                answers={"200": state},
                codes=("not_found",),
            ),
            "delete": operation(
                "cancel_deferred",
                "Cancel a deferred prediction, or remove its answer.",
                parameters,
                answers={"200": state, "202": state, "204": {"description": "Its answer is removed."}},
                codes=("not_found",),
            ),
        },
        "/models/{ref}/predictions/{id}/answer": {
            "get": operation(
                "read_deferred_answer",
                "Read the answer of a deferred prediction, as a synchronous call would have got it.",
                parameters,
                answers={"200": answer("The answer.", outputs)},
                codes=("not_found", "conflict", "cancelled"),
            )
        },
    }
