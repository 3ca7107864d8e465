"""Problems become exceptions, what may be repeated is repeated, and no server is a sentence and not a traceback."""

import pytest

from tests.support.control import Control
from tests.support.routes import TOKEN
from unshelf.client.client import Client
from unshelf.client.errors import Unauthenticated, Unavailable, Unreachable, UnshelfError, unreachable_hint


def test_something_else_than_unshelf_at_the_address_is_told(control: Control, client: Client) -> None:
    control.reply("GET", "/api/v1/models", "<h1>hello</h1>")
    with pytest.raises(UnshelfError, match="not JSON"):
        client.models()


def test_no_server_is_told_with_how_to_start_one() -> None:
    with Client("http://127.0.0.1:9", TOKEN) as client, pytest.raises(Unreachable, match="No server at") as caught:
        client.models()
    assert "unshelf up" in caught.value.hint


def test_what_may_be_repeated_is_repeated_while_control_restarts(control: Control, client: Client) -> None:
    """Given a control plane that is away for a moment, when models are listed, then the caller never notices."""
    control.problem("GET", "/api/v1/models", 503, "unavailable", "Starting.")
    control.reply("GET", "/api/v1/models", None, 0)
    control.reply("GET", "/api/v1/models", {"models": []})
    assert client.models() == []
    assert len(control.calls("GET", "/api/v1/models")) == 3


def test_a_prediction_is_never_sent_twice(control: Control, client: Client) -> None:
    control.problem("POST", "/models/iris/predict", 503, "overloaded", "Full.")
    with pytest.raises(Unavailable):
        client.predict("iris", [[1]])
    assert len(control.calls("POST", "/models/iris/predict")) == 1


def test_a_wrong_token_is_told(control: Control) -> None:
    with Client(control.url, "wrong") as stranger, pytest.raises(Unauthenticated):
        stranger.models()


def test_a_certificate_that_nobody_vouches_for_is_no_server_that_is_away() -> None:
    refused = ConnectionError(
        "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate in certificate chain"
    )
    assert "SSL_CERT_FILE" in unreachable_hint(refused, "start it")
    assert unreachable_hint(ConnectionError("[Errno 111] Connection refused"), "start it") == "start it"
