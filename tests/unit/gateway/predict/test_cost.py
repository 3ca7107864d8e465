"""The cost of a prediction: said where it was asked for and something has a price, and the same as reports charge."""

from typing import Any

import msgspec
import pytest

from tests.support.routes import one_model
from unshelf.contracts.routing import ModelRoute
from unshelf.gateway.predict.cost import answer_with_cost, money
from unshelf.gateway.predict.outcome import outcome_of
from unshelf.gateway.prediction import Prediction
from unshelf.gateway.routing.index import Table
from unshelf.runtime.routing_file import RoutingChange

ASKED = {"x-prediction-cost": "yes"}


def headers(asked: dict[str, str], *, price: float, version: int = 1, predict_us: int = 2_000) -> dict[str, str]:
    model: ModelRoute = one_model()
    versions = {
        number: msgspec.structs.replace(each, price=price, currency="EUR") for number, each in model.versions.items()
    }
    table = Table().changed(
        RoutingChange(generation=1, models={"iris": msgspec.structs.replace(model, versions=versions)}, keys={})
    )
    prediction = Prediction("k", "iris", "native")
    prediction.model, prediction.version, prediction.predict_us = "iris", version, predict_us
    prediction.submitted_ns = prediction.started_ns
    prediction.succeed(b"[1]", 0)
    found: Any = answer_with_cost(outcome_of(prediction), asked, table)
    return dict(found.headers)


def test_the_cost_is_the_tiers_time() -> None:
    # Two milliseconds of a tier that costs 1.8 an hour.
    assert headers(ASKED, price=1.8)["x-prediction-cost"] == "0.000001 EUR"


def test_who_does_not_ask_is_not_answered_and_what_has_no_price_has_no_cost() -> None:
    assert "x-prediction-cost" not in headers({}, price=1.8)
    assert "x-prediction-cost" not in headers(ASKED, price=0.0)
    assert "x-prediction-cost" not in headers(ASKED, price=1.8, version=99)


@pytest.mark.parametrize(("amount", "text"), [(0.0, "0"), (1.23456e-9, "0.00000000123"), (12.3456, "12.3")])
def test_amounts_are_never_powers_of_ten(amount: float, text: str) -> None:
    assert money(amount) == text
