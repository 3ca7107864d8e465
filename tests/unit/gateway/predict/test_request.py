"""Predictions of equal requests stand on one sheet of the record: only if one key asks in one way."""

from typing import Any

from unshelf.contracts.routing import KeyRoute
from unshelf.gateway.predict.request import PredictRequest
from unshelf.gateway.prediction import Prediction
from unshelf.gateway.routing.index import Caller

CALLER = Caller(KeyRoute(id="k1", name="tests"))


def a_request(**fields: Any) -> PredictRequest:
    values: dict[str, Any] = {"caller": CALLER, "reference": "iris@best", "protocol": "native"}
    return PredictRequest(**{**values, **fields})


def test_a_prediction_begins_with_the_identity_of_its_request() -> None:
    request = a_request(content_type="application/json", wire_protocol=1, purpose="backtest")
    prediction = Prediction(*request.identity())
    assert (prediction.key, prediction.reference, prediction.protocol) == ("k1", "iris@best", "native")
    assert (prediction.content_type, prediction.wire_protocol) == ("application/json", 1)
    assert prediction.purpose == "backtest"


def test_one_request_object_gives_one_batch_key() -> None:
    request = a_request()
    first, second = (Prediction(*request.identity()) for _ in range(2))
    assert first.batch_key == second.batch_key
    assert first.id != second.id


def test_what_a_caller_sends_is_live_and_held_to_limits() -> None:
    request = a_request()
    assert (request.purpose, request.admitted, request.pinned) == ("live", False, "")
