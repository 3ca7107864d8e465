"""Which requests are a browser's that opens a page, and which a program's."""

import pytest

from unshelf.contracts.protocols.pages import embedded_app, is_page_request, takes_any_origin

HTML = "text/html,application/xhtml+xml,*/*;q=0.8"


@pytest.mark.parametrize("path", ["/", "/models", "/models/credit-default:2", "/no/such/page", "/password"])
def test_a_browser_that_opens_an_address_asks_for_a_page(path: str) -> None:
    assert is_page_request("GET", path, accept=HTML, authorization=None)
    assert is_page_request("HEAD", path, accept=HTML, authorization=None)


@pytest.mark.parametrize("path", ["/api/v1/models", "/v2/health/live", "/mlflow/default/api", "/v1/traces"])
def test_addresses_of_programs_are_no_pages(path: str) -> None:
    assert not is_page_request("GET", path, accept=HTML, authorization=None)


def test_a_program_asks_for_no_page() -> None:
    assert not is_page_request("GET", "/", accept="*/*", authorization=None)
    assert not is_page_request("GET", "/", accept=None, authorization=None)
    assert not is_page_request("GET", "/", accept=HTML, authorization="Bearer unshelf_x")
    assert not is_page_request("POST", "/", accept=HTML, authorization=None)


def test_assets_are_asked_for_with_any_accept() -> None:
    assert is_page_request("GET", "/assets/index-1.js", accept="*/*", authorization=None)


def test_the_document_of_an_app_in_a_frame_is_known_by_its_path() -> None:
    assert embedded_app("/apps/house-price/embed") == "house-price"
    for path in (
        "/apps/house-price",
        "/apps//embed",
        "/apps/a/b/embed",
        "/apps/A/embed",
        "/apps/a/embed/",
        "/x/apps/a/embed",
    ):
        assert embedded_app(path) is None, path


def test_only_what_an_embedded_app_needs_takes_any_origin() -> None:
    assert takes_any_origin("/assets/index-1.js")
    assert takes_any_origin("/api/v1/embedded-apps/worth/ask")
    for path in ("/", "/api/v1/apps/worth/ask", "/models/iris/predict", "/api/v1/embedded-apps"):
        assert not takes_any_origin(path), path
