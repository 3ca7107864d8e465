"""Trying versions out over HTTP."""

import msgspec
from fastapi import Response

from unshelf.contracts.permissions import Permission
from unshelf.contracts.problems import PROBLEM_TYPE
from unshelf.deploy.trying.schemas import TryAnswer, TryForm, TryRequest
from unshelf.deploy.trying.service import TryService
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter

_SUCCESS = 200
_PASSED_ON = frozenset({"retry-after", "server-timing", "x-prediction-id"})


def router(tries: TryService) -> ApiRouter:
    """`/models/{ref}/try`."""
    routes = ApiRouter(tags=["models"])

    @routes.get(
        "/models/{ref}/try",
        responses=problem_answers("not_found"),
        dependencies=[requires(Permission.MODEL_PREDICT, model_from="ref")],
    )
    def show_try_form(ref: str, actor: CurrentActor) -> TryForm:
        """Show what a form for the inputs of a version is made from: signature, first row of the example, profile of the baseline."""
        form = tries.form(actor, ref)
        return TryForm(
            model=form.model, version=form.version, versions=form.versions, aliases=form.aliases, inputs=form.inputs,
            signature=msgspec.to_builtins(form.signature) if form.signature is not None else {},
            baseline=[msgspec.to_builtins(column) for column in form.baseline],
        )  # fmt: skip

    @routes.post(
        "/models/{ref}/try",
        response_model=TryAnswer,
        responses=problem_answers(
            "not_found", "too_many_requests", "model_error", "overloaded", "unavailable", "deadline_exceeded"
        ),
        dependencies=[requires(Permission.MODEL_PREDICT, model_from="ref")],
    )
    def try_version(ref: str, wanted: TryRequest, actor: CurrentActor) -> Response:
        """Ask a version for rows with the purpose `try`: the answer is recorded, and nothing counts it as use."""
        outcome = tries.ask(actor, ref, wanted.inputs, wanted.params)
        headers = {name: value for name, value in outcome.headers if name.lower() in _PASSED_ON}
        media_type = "application/json" if outcome.status == _SUCCESS else PROBLEM_TYPE
        return Response(outcome.body, outcome.status, headers, media_type)

    return routes
