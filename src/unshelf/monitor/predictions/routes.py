"""Predictions over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from unshelf.manage.access import requires
from unshelf.monitor.predictions.service import PredictionService

_MOST = 1_000_000


def router(predictions: PredictionService) -> APIRouter:
    """`GET /models/{ref}/predictions`."""
    routes = APIRouter(tags=["predictions"])

    @routes.get("/models/{ref}/predictions", dependencies=[requires("deploy", "ref")], response_class=StreamingResponse)
    def read_predictions(
        ref: str, tail: Annotated[int, Query(ge=0, le=_MOST)] = 20, follow: bool = False, status: str = ""
    ) -> StreamingResponse:
        """The last predictions as JSON lines, oldest first; with `follow`, also each that comes. `status`: 422, 4xx or error."""
        selection = predictions.select(ref, status)
        lines = predictions.lines(selection, tail=tail, follow=follow)
        return StreamingResponse(lines, media_type="application/x-ndjson")

    return routes
