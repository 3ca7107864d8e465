"""Paging over HTTP: the parameters of every list."""

from typing import Annotated

from fastapi import Query

MOST_ITEMS = 10_000

Limit = Annotated[int, Query(ge=1, le=MOST_ITEMS, description="The most items that the answer may hold.")]
Cursor = Annotated[
    str | None,
    Query(
        max_length=1000, description="Where to go on: the `next_cursor` of the answer before. Left out: from the start."
    ),
]
