"""Routers of the API, whose routes are made once, under the API's prefix.

FastAPI makes each route of a router that an app includes a second time, behind its prefix: of hundreds, that takes half of a start."""

from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute

PREFIX = "/api/v1"


def operation_id(route: APIRoute) -> str:
    """The function's name: short and stable names for clients generated from the schema."""
    return route.name


class ApiRouter(APIRouter):
    """A router whose paths begin after the API's prefix; an app takes its routes as they are."""

    def __init__(self, *, prefix: str = "", tags: list[Any] | None = None) -> None:
        """`prefix`: what all its paths begin with, after the API's."""
        super().__init__(prefix=PREFIX + prefix, tags=tags, generate_unique_id_function=operation_id)
