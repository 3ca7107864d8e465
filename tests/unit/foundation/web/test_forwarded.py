"""What gateways say of the requests that they pass on."""

import pytest
from fastapi import FastAPI, Request

from unshelf.foundation.web.forwarded import client_address, is_from_this_machine, origin_of, origin_used


def request(public_url: str = "", **headers: str) -> Request:
    app = FastAPI()
    app.state.public_url = public_url
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "app": app, "headers": raw, "method": "GET", "path": "/"})


@pytest.mark.parametrize(
    ("address", "host", "is_local"),
    [
        ("127.0.0.1", "127.0.0.1:8000", True), ("127.0.0.1", "localhost", True), ("[::1]", "[::1]:8000", True),
        ("127.0.0.1", "models.example.org", False), ("10.0.0.1", "localhost:8000", False), ("", "localhost", False),
        ("127.0.0.1", "", False), ("127.0.0.1", "127.0.0.1.example.org", False),
    ],
)  # fmt: skip
def test_a_caller_is_of_this_machine_by_address_and_by_the_name_it_used(
    address: str, host: str, is_local: bool
) -> None:
    assert is_from_this_machine(request(x_forwarded_for=address, x_forwarded_host=host)) is is_local


def test_the_origin_is_what_the_operator_says_else_what_the_caller_addressed() -> None:
    headers = {"x_forwarded_proto": "https", "x_forwarded_host": "models.example.org"}
    assert origin_of(request(**headers)) == "https://models.example.org"
    assert origin_of(request("https://public.example/", **headers)) == "https://public.example"
    assert origin_of(request(host="127.0.0.1:8000")) == "http://127.0.0.1:8000"


def test_on_this_machine_the_address_that_was_used_counts_whatever_others_use() -> None:
    here = {"x_forwarded_for": "127.0.0.1", "host": "127.0.0.1:8000"}
    assert origin_used(request("https://public.example/", **here)) == "http://127.0.0.1:8000"
    from_elsewhere = {"x_forwarded_for": "10.0.0.1", "host": "127.0.0.1:8000"}
    assert origin_used(request("https://public.example/", **from_elsewhere)) == "https://public.example"


def test_an_address_comes_without_its_brackets() -> None:
    assert client_address(request(x_forwarded_for="[2001:db8::1]")) == "2001:db8::1"
    assert client_address(request()) == ""
