"""Predictions over HTTP."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse

from unshelf.manage.access import principal_of, requires
from unshelf.monitor.predictions.queries import Queries
from unshelf.monitor.predictions.schemas import QueryAnswer, QueryRequest
from unshelf.monitor.predictions.service import PredictionService

_MOST = 1_000_000


def router(predictions: PredictionService, queries: Queries) -> APIRouter:
    """`GET /models/{ref}/predictions` and `POST /predictions/query`."""
    routes = APIRouter(tags=["predictions"])

    @routes.get("/models/{ref}/predictions", dependencies=[requires("deploy", "ref")], response_class=StreamingResponse)
    def read_predictions(
        ref: str, tail: Annotated[int, Query(ge=0, le=_MOST)] = 20, follow: bool = False, status: str = ""
    ) -> StreamingResponse:
        """The last predictions as JSON lines, oldest first; with `follow`, also each that comes. `status`: 422, 4xx or error."""
        selection = predictions.select(ref, status)
        lines = predictions.lines(selection, tail=tail, follow=follow)
        return StreamingResponse(lines, media_type="application/x-ndjson")

    @routes.post("/predictions/query", dependencies=[requires("deploy")], response_model=QueryAnswer)
    def query_predictions(asked: QueryRequest, request: Request) -> Response:
        """The rows of one `select` from the table `predictions`, which holds the records of the models that the key is good for."""
        principal = principal_of(request)
        if asked.model is not None:
            principal.must("deploy", asked.model)
        answer = queries.ask(asked.sql, models=principal.models, model=asked.model)
        return Response(msgspec.json.encode(answer), media_type="application/json")

    return routes
