"""The cost of a prediction, for callers who ask: the price of its version's tier for the time in which it was predicted.

Reports of usage charge a caller the same. A request that does not ask costs nothing more: those whose head was seen before are answered
before anybody looks for the header."""

from decimal import Decimal

import msgspec

from unshelf.gateway.http.exchange import Headers
from unshelf.gateway.http.response import Response
from unshelf.gateway.predict.outcome import Outcome
from unshelf.gateway.routing.index import Table

COST_HEADER = "x-prediction-cost"
_MICROSECONDS_AN_HOUR = 3_600_000_000


def answer_with_cost(outcome: Outcome, headers: Headers, table: Table) -> Response:
    """The answer to a caller, with the cost where they asked for it and the version's tier has a price."""
    if COST_HEADER not in headers:
        return outcome.response
    model = table.models.get(outcome.model)
    route = None if model is None else model.versions.get(outcome.version)
    if route is None or not route.price:
        return outcome.response
    cost = (COST_HEADER, f"{money(route.price * outcome.predict_us / _MICROSECONDS_AN_HOUR)} {route.currency}".rstrip())
    return msgspec.structs.replace(outcome.response, headers=(*outcome.response.headers, cost))


def money(amount: float) -> str:
    """An amount with three digits that say something, never as a power of ten: `0.0000000111`."""
    return f"{Decimal(f'{amount:.3g}'):f}"
