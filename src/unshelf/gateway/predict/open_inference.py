"""The Open Inference Protocol V2 over REST: health and metadata from the routing table; infer is a prediction."""

import re
from collections.abc import Callable
from typing import Any

import msgspec

import unshelf
from unshelf.contracts.references import InvalidReference, parse_reference, parse_version
from unshelf.contracts.signature import V2_DATATYPES, Columns, Tensors
from unshelf.gateway.errors import NO_SNIFF, ProblemError
from unshelf.gateway.http.exchange import Exchange
from unshelf.gateway.http.response import Response
from unshelf.gateway.predict.content_types import V2
from unshelf.gateway.predict.cost import answer_with_cost
from unshelf.gateway.predict.http_body import OpenBody
from unshelf.gateway.predict.http_request import resolve_request
from unshelf.gateway.predict.pipeline import PredictionPipeline
from unshelf.gateway.routing.index import Caller, Route, Table

_MODEL = re.compile(r"/v2/models/(?P<reference>[^/]+)(?:/versions/(?P<version>[^/]+))?(?:/(?P<verb>infer|ready))?")
_NOT_NUMBERS = frozenset({"bool", "string", "datetime", "duration", "bytes", "json"})


class OpenInferenceRoutes:
    """Everything under /v2."""

    def __init__(self, pipeline: PredictionPipeline, open_body: OpenBody, ready: Callable[[], bool]) -> None:
        self._pipeline = pipeline
        self._open_body = open_body
        self._ready = ready

    async def handle(self, exchange: Exchange, table: Table, caller: Caller) -> None:
        """Answer one request; `table`: the one that the caller was found in. Raises ProblemError."""
        path, method = exchange.path, exchange.method
        match = _MODEL.fullmatch(path)
        if match is not None and match["verb"] == "infer":
            _only(method, "POST")
            request = resolve_request(
                self._pipeline, exchange.headers, table, caller, reference=_reference(match), protocol=V2,
                query=exchange.query_string,
            )  # fmt: skip
            outcome = await self._pipeline.run(request, self._open_body(exchange, request))
            exchange.respond(answer_with_cost(outcome, exchange.headers, table))
            return
        answer: dict[str, Any]
        status = 200
        if match is not None:
            _only(method, "GET", "HEAD")
            destination = self._pipeline.find(caller, _reference(match))
            if match["verb"] == "ready":
                usable = not destination.main().paused
                answer, status = {"name": destination.name, "ready": usable}, 200 if usable else 503
            else:
                answer = model_metadata(destination)
        elif path in ("/v2", "/v2/"):
            _only(method, "GET", "HEAD")
            answer = {"name": "unshelf", "version": unshelf.__version__, "extensions": ["binary_tensor_data"]}
        elif path == "/v2/health/live":
            _only(method, "GET", "HEAD")
            answer = {"live": True}
        elif path == "/v2/health/ready":
            _only(method, "GET", "HEAD")
            ready = self._ready()
            answer, status = {"ready": ready}, 200 if ready else 503
        else:
            raise ProblemError(
                "not_found", "There is nothing at this address.", hint="docs/reference/http.md lists the addresses."
            )
        headers = (("content-type", "application/json"), NO_SNIFF)
        exchange.respond(Response(status, headers, msgspec.json.encode(answer)))


def model_metadata(destination: Route) -> dict[str, Any]:
    """Model metadata as the protocol has it."""
    target = destination.main()
    signature = target.route.signature
    several = len(destination.targets) > 1
    versions = sorted(t.version for t in destination.targets) if several else [target.version]
    return {
        "name": destination.name,
        "versions": [str(version) for version in versions],
        "platform": target.route.platform,
        "inputs": _inputs(signature.inputs),
        "outputs": [] if signature.outputs is None else _tensors(signature.outputs),
    }


def _inputs(side: Columns | Tensors) -> list[dict[str, Any]]:
    """The columns of a NumPy matrix of numbers are shown as one tensor [-1, columns]; workers take that, under any name,
    and one tensor a column as well."""
    if isinstance(side, Columns) and side.container == "numpy":
        types = {column.type for column in side.columns}
        if len(types) == 1 and not types & _NOT_NUMBERS:
            return [_tensor("input", types.pop(), [-1, len(side.columns)])]
    return _tensors(side)


def _tensors(side: Columns | Tensors) -> list[dict[str, Any]]:
    """Tensors as they are; a column is a tensor [-1]."""
    if isinstance(side, Tensors):
        return [_tensor(tensor.name, tensor.type, tensor.shape) for tensor in side.tensors]
    return [_tensor(column.name, column.type, [-1]) for column in side.columns]


def _tensor(name: str, type_name: str, shape: list[int]) -> dict[str, Any]:
    return {"name": name, "datatype": V2_DATATYPES[type_name], "shape": shape}


def _reference(match: re.Match[str]) -> str:
    """The reference of a model path: `NAME[:3|@alias]`, or `NAME` and `/versions/3`."""
    return reference_of(match["reference"], match["version"])


def reference_of(text: str, version: str | None) -> str:
    """The reference that a model's name (or reference) and a version's number make. Raises ProblemError."""
    if version is None:
        return text
    try:
        reference = parse_reference(text)
        number = parse_version(version)
    except InvalidReference as error:
        raise ProblemError("not_found", str(error)) from None
    if reference.alias is not None or reference.version not in (None, number):
        raise ProblemError("malformed_request", "The address names two versions.", hint="Name the version once.")
    return f"{reference.name}:{number}"


def _only(method: str, *allowed: str) -> None:
    if method not in allowed:
        raise not_allowed(method, *allowed)


def not_allowed(method: str, *allowed: str) -> ProblemError:
    """The address knows other methods."""
    listed = ", ".join(allowed)
    return ProblemError(
        "method_not_allowed", f"{method[:20]!a} is not possible here.", hint=f"Use {listed}.", headers=(("allow", listed),)
    )  # fmt: skip
