"""The routes of the Open Inference Protocol V2 and of health, for the OpenAPI document: docs/reference/http.md says more of each."""

from typing import Any

from pydantic import ConfigDict, Field

from unshelf.api.operations import JSON, answer, operation, parameter, schema_of
from unshelf.contracts.signature import V2_DATATYPES
from unshelf.foundation.web.schemas import AnswerModel

_BINARY = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
_FIND_ERRORS = ("malformed_request", "not_found")
_INFER_ERRORS = (
    *_FIND_ERRORS, "body_too_large", "unsupported_media_type", "invalid_input", "too_many_requests", "model_error",
    "overloaded", "deadline_exceeded",
)  # fmt: skip
_DATATYPE: dict[str, Any] = {"enum": sorted(set(V2_DATATYPES.values()))}


class ServerMetadata(AnswerModel):
    """The server as the protocol has it."""

    name: str
    """`unshelf`."""
    version: str
    """The release of the server."""
    extensions: list[str]
    """The extensions of the protocol that it knows."""


class ServerLive(AnswerModel):
    """Whether the server lives."""

    live: bool
    """Always true: a server that does not live does not answer."""


class ServerReady(AnswerModel):
    """Whether predictions can be taken."""

    ready: bool
    """False comes with status 503."""


class ModelReady(AnswerModel):
    """Whether a model takes predictions."""

    name: str
    """The model's name."""
    ready: bool
    """False, with status 503: it is paused. A model without a worker is ready: the first request wakes it."""


class TensorMetadata(AnswerModel):
    """A tensor that a model takes or gives."""

    name: str
    """The tensor's name."""
    datatype: str = Field(json_schema_extra=_DATATYPE)
    """The type of its elements."""
    shape: list[int]
    """The size of each dimension; -1: any."""


class ModelMetadata(AnswerModel):
    """A model as the protocol has it."""

    name: str
    """The model's name."""
    versions: list[str]
    """The versions that the name or reference leads to now."""
    platform: str
    """The library that the model was made with."""
    inputs: list[TensorMetadata]
    """The tensors that it takes."""
    outputs: list[TensorMetadata]
    """The tensors that it gives; empty: they are not known."""


class TensorParameters(AnswerModel):
    """How a tensor's elements come."""

    binary_data_size: int | None = None
    """The bytes of this tensor after the JSON part; null: its elements stand in `data`."""


class InferTensor(AnswerModel):
    """A tensor with its elements."""

    name: str
    """The tensor's name."""
    datatype: str = Field(json_schema_extra=_DATATYPE)
    """The type of its elements."""
    shape: list[int]
    """The size of each dimension."""
    parameters: TensorParameters | None = None
    """How its elements come, where they are binary."""
    data: list[Any] | None = None
    """The elements in row-major order, flat or nested; null: they are binary."""


class OutputParameters(AnswerModel):
    """How an output is wanted."""

    binary_data: bool | None = None
    """Whether as binary data; null: as the request says for all."""


class InferOutput(AnswerModel):
    """An output that is asked for."""

    name: str
    """The output's name."""
    parameters: OutputParameters | None = None
    """How it is wanted."""


class InferParameters(AnswerModel):
    """How all outputs are wanted, and values of the model's parameters, by name."""

    model_config = ConfigDict(extra="allow")

    binary_data_output: bool | None = None
    """Whether the outputs are wanted as binary data."""


class InferRequest(AnswerModel):
    """Tensors to predict."""

    id: str | None = None
    """A name of the caller's, which comes back with the answer."""
    inputs: list[InferTensor] = Field(min_length=1)
    """The tensors, or one for each column of a table."""
    outputs: list[InferOutput] | None = None
    """The outputs that are asked for; null: all."""
    parameters: InferParameters | None = None
    """How all outputs are wanted, and values of the model's parameters."""


class InferResponse(AnswerModel):
    """The outputs of a prediction."""

    model_name: str
    """The model's name."""
    model_version: str
    """The version that answered."""
    id: str | None = None
    """The name that the caller gave the request."""
    outputs: list[InferTensor]
    """The outputs, in the order in which they were asked for."""


class ProcessAlive(AnswerModel):
    """Whether a gateway's process lives."""

    alive: bool
    """Always true: a process that does not live does not answer."""


class ReadyParts(AnswerModel):
    """The parts that predictions need."""

    routing: bool
    """Whether the routing state was read."""
    host: bool
    """Whether the host answers, which starts workers."""
    recording: bool
    """Whether predictions can be recorded."""


class GatewayReady(AnswerModel):
    """Whether predictions can be taken, and if not, why."""

    ready: bool
    """False comes with status 503."""
    parts: ReadyParts
    """Each part; all must be true."""


OPEN_INFERENCE_MODELS = (
    ServerMetadata, ServerLive, ServerReady, ModelReady, ModelMetadata, InferRequest, InferResponse, ProcessAlive,
    GatewayReady,
)  # fmt: skip


def open_inference_paths() -> dict[str, Any]:
    """Return the `paths` of the protocol."""
    ref = parameter("ref", "NAME, NAME:3 or NAME@alias.")
    version = parameter("version", "The version's number.")
    return {
        "/v2": {"get": _shown("v2_server", "Show the server.", "ServerMetadata")},
        "/v2/health/live": {"get": _shown("v2_live", "Ask whether the server lives.", "ServerLive")},
        "/v2/health/ready": {
            "get": _shown("v2_ready", "Ask whether predictions can be taken.", "ServerReady", or_not="They can't.")
        },
        **_model_paths("/v2/models/{ref}", "", [ref]),
        **_model_paths("/v2/models/{ref}/versions/{version}", "_version", [ref, version]),
    }


def health_paths() -> dict[str, Any]:
    """Return the `paths` of health, which need no token."""
    alive = _shown("healthz", "Ask whether the gateway's process lives.", "ProcessAlive", tag="health")
    ready = _shown(
        "readyz", "Ask whether predictions can be taken.", "GatewayReady", or_not="A part is not ready.", tag="health"
    )
    return {"/healthz": {"get": alive | {"security": []}}, "/readyz": {"get": ready | {"security": []}}}


def _model_paths(path: str, of: str, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    infer = operation(
        f"v2_infer{of}",
        "Predict tensors.",
        parameters,
        body={JSON: schema_of("InferRequest"), **_BINARY},
        answers={"200": answer("The outputs.", {JSON: schema_of("InferResponse"), **_BINARY})},
        codes=_INFER_ERRORS,
        tag="open inference",
    )
    return {
        path: {"get": _shown(f"v2_model{of}", "Show a model's tensors.", "ModelMetadata", parameters=parameters)},
        f"{path}/ready": {
            "get": _shown(
                f"v2_model{of}_ready", "Ask whether a model takes predictions.", "ModelReady",
                parameters=parameters, or_not="It is paused.",
            )
        },
        f"{path}/infer": {"post": infer},
    }  # fmt: skip


def _shown(
    name: str,
    description: str,
    model: str,
    *,
    parameters: list[dict[str, Any]] | None = None,
    or_not: str = "",
    tag: str = "open inference",
) -> dict[str, Any]:
    """Describe a look: `or_not` describes the same body with status 503."""
    content = {JSON: schema_of(model)}
    answers = {"200": answer("As asked for.", content)}
    if or_not:
        answers["503"] = answer(or_not, content)
    codes = _FIND_ERRORS if parameters else ()
    return operation(name, description, parameters or [], answers=answers, codes=codes, tag=tag)
