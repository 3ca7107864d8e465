"""Which origins a model lets in, by any way to name it; what a browser is told."""

import pytest

from tests.support.routes import one_model
from unshelf.gateway.access.cross_origin import answer_headers, is_preflight, lets_in, preflight_answer
from unshelf.gateway.routing.index import Table

APP = "https://app.example.org"


@pytest.mark.parametrize(
    ("reference", "origin", "expected"),
    [
        ("iris", APP, True),
        ("iris:1", APP, True),
        ("iris@best", APP, True),
        ("iris", "null", False),
        ("rose", APP, False),
        ("", APP, False),
    ],
)
def test_a_model_lets_in_the_origins_that_it_lists(reference: str, origin: str, expected: bool) -> None:
    table = Table()
    table.models["iris"] = one_model(origins=[APP])
    assert lets_in(table, reference, origin) is expected


def test_a_preflight_is_a_browser_s_question() -> None:
    asked = {"origin": APP, "access-control-request-method": "POST"}
    assert is_preflight("OPTIONS", asked)
    assert not is_preflight("POST", asked)
    assert not is_preflight("OPTIONS", {"origin": APP})


def test_credentials_of_the_browser_are_never_allowed() -> None:
    told = dict((*answer_headers(APP), *preflight_answer(APP).headers))
    assert "access-control-allow-credentials" not in told
    assert told["access-control-allow-origin"] == APP
    assert "cookie" not in told["access-control-allow-headers"]
