"""Predictions over HTTP."""

from typing import Annotated

import msgspec
from fastapi import Header, Query
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response, StreamingResponse

from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.model_scopes import ModelScopes
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.problems import problem_answers, stream_answer
from unshelf.foundation.web.routers import ApiRouter
from unshelf.records.output import OutputService
from unshelf.records.schemas import QueryAnswer, QueryRequest
from unshelf.records.selection import parse_since
from unshelf.records.service import PredictionService
from unshelf.records.sql import Queries

PARQUET = "application/vnd.apache.parquet"
_MOST = 1_000_000
Tail = Annotated[int, Query(ge=0, le=_MOST)]


def router(predictions: PredictionService, queries: Queries, output: OutputService, scopes: ModelScopes) -> ApiRouter:
    """`GET /models/{ref}/predictions`, `GET /models/{ref}/output` and `POST /predictions/query`."""
    routes = ApiRouter(tags=["predictions"])

    @routes.get(
        "/models/{ref}/predictions",
        responses=stream_answer("application/x-ndjson", "A prediction a line, oldest first.")
        | problem_answers("not_found"),
        dependencies=[requires(Permission.RECORDS_READ, "ref")],
        response_class=StreamingResponse,
    )
    def read_predictions(
        ref: str, *, tail: Tail = 20, follow: bool = False, status: str = "", id: str = "", since: str = ""
    ) -> StreamingResponse:
        """The last predictions as JSON lines, oldest first; with `follow`, also each that comes. `status`: 422, 4xx or error.

        `id`: the one with this id. `since`: none from before, as `10m` or as ISO 8601."""
        selection = predictions.select(ref, status, id=id, since=since)
        lines = predictions.lines(selection, tail=tail, follow=follow)
        return StreamingResponse(lines, media_type="application/x-ndjson")

    @routes.get(
        "/models/{ref}/output",
        responses=stream_answer("application/x-ndjson", "A line of output a line, oldest first.")
        | problem_answers("not_found"),
        dependencies=[requires(Permission.RECORDS_READ, "ref")],
        response_class=StreamingResponse,
    )
    def read_output(ref: str, tail: Tail = 100, follow: bool = False, since: str = "") -> StreamingResponse:
        """The last lines that the programs of a model wrote, as JSON lines; with `follow`, also each that comes. `since`: as above."""
        lines = output.lines(ref, tail=tail, follow=follow, since=parse_since(since))
        return StreamingResponse(lines, media_type="application/x-ndjson")

    @routes.post(
        "/predictions/query",
        responses=problem_answers("deadline_exceeded", "too_many_requests"),
        dependencies=[requires(Permission.RECORDS_READ, anywhere=True)],
        response_model=QueryAnswer,
    )
    async def query_predictions(
        asked: QueryRequest, actor: CurrentActor, accept: Annotated[str, Header(max_length=1000)] = ""
    ) -> Response:
        """The rows of one `select` from the table `predictions`, which holds the records of the models that the key is good for.

        Asked for by `Accept: application/vnd.apache.parquet`, the rows come as Parquet; X-Truncated says whether there were more.
        One query of a caller is answered at a time, and two may wait; 429 beyond that, 503 while too many others wait."""
        models = await run_in_threadpool(_readable, actor, scopes, asked.model)
        if PARQUET in accept.lower():
            result, content = await queries.ask_parquet_in_turn(actor.id, asked.sql, models=models, model=asked.model)
            headers = {
                "X-Truncated": str(result.truncated).lower(),
                "Content-Disposition": "attachment; filename=predictions.parquet",
            }
            return Response(content, media_type=PARQUET, headers=headers)
        answer = await queries.ask_in_turn(actor.id, asked.sql, models=models, model=asked.model)
        return Response(msgspec.json.encode(answer), media_type="application/json")

    return routes


def _readable(actor: Actor, scopes: ModelScopes, model: str | None) -> tuple[str, ...] | None:
    """The patterns of the models whose records the actor may read; refuses a model that is none of them."""
    if model is not None:
        scope = scopes.of(model)
        actor.must_see(scope)
        actor.must(Permission.RECORDS_READ, scope)
    return scopes.patterns(actor, Permission.RECORDS_READ)
