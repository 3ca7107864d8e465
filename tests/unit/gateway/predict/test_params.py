"""Parameters beside a body: before it in what is sent, beside it in what is recorded."""

import pytest

from unshelf.contracts.protocols import frames
from unshelf.gateway.predict.params import attach, divided, note_header, prefix_of
from unshelf.gateway.prediction import Prediction

PARAMS = b'{"top_k": 3}'


def predicted(*pieces: bytes) -> Prediction:
    prediction = Prediction("k1", "iris", "arrow", wire_protocol=frames.ARROW, body=b"beginning")
    prediction.pieces = pieces
    return prediction


@pytest.mark.parametrize(("pieces", "sent"), [((), b"beginning"), ((b"beginning", b" and end"), b"beginning and end")])
def test_they_are_sent_before_the_body_and_recorded_beside_it(pieces: tuple[bytes, ...], sent: bytes) -> None:
    prediction = predicted(*pieces)
    attach(prediction, PARAMS)
    assert prediction.wire_protocol == frames.ARROW + frames.BESIDE
    assert divided(b"".join(prediction.pieces)) == (PARAMS, sent)
    assert (prediction.body, prediction.params, prediction.own()[-1]) == (b"beginning", PARAMS, PARAMS)


@pytest.mark.parametrize("header", [None, ""])
def test_without_a_header_a_prediction_stays_as_it_is(header: str | None) -> None:
    prediction = predicted()
    note_header(prediction, header)
    assert (prediction.wire_protocol, prediction.pieces, prediction.params) == (frames.ARROW, (), b"")


def test_a_header_is_sent_byte_for_byte() -> None:
    prediction = predicted()
    note_header(prediction, '{"who": "ü"}'.encode().decode("latin-1"))  # as HTTP's headers are read
    assert prediction.params == '{"who": "ü"}'.encode()
    assert prediction.pieces[0] == prefix_of(prediction.params)
