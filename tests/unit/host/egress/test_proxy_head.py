"""What programs ask the proxy for."""

import pytest

from unshelf.host.egress.proxy_head import BadHead, ProxyHead, read_head, refusal


def test_a_tunnel_names_a_host_and_a_port() -> None:
    assert read_head(b"CONNECT Pages.Example.org:443 HTTP/1.1\r\nHost: x\r\n\r\n") == ProxyHead(
        "pages.example.org", 443, b""
    )
    assert read_head(b"CONNECT [FD00::1]:443 HTTP/1.1\r\n\r\n") == ProxyHead("fd00::1", 443, b"")


def test_a_request_is_passed_on_as_its_server_expects_it_and_ends_the_connection() -> None:
    head = read_head(
        b"GET http://pages.example.org:8080/a?b=c HTTP/1.1\r\nHost: pages.example.org\r\nProxy-Authorization: x\r\n"
        b"Connection: keep-alive\r\nAccept: */*\r\n\r\n"
    )
    assert (head.host, head.port) == ("pages.example.org", 8080)
    assert head.passed_on == (
        b"GET /a?b=c HTTP/1.1\r\nHost: pages.example.org\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    )
    assert head.to_proxy("Basic eA==") == (
        b"GET http://pages.example.org:8080/a?b=c HTTP/1.1\r\nProxy-Authorization: Basic eA==\r\nHost: pages.example.org\r\n"
        b"Accept: */*\r\nConnection: close\r\n\r\n"
    )
    assert head.to_proxy("").startswith(
        b"GET http://pages.example.org:8080/a?b=c HTTP/1.1\r\nHost: pages.example.org\r\n"
    )
    assert read_head(b"GET http://example.org HTTP/1.0\r\n\r\n").port == 80


@pytest.mark.parametrize(
    "head",
    [
        b"CONNECT example.org HTTP/1.1\r\n\r\n",
        b"CONNECT example.org:0 HTTP/1.1\r\n\r\n",
        b"CONNECT exa mple.org:1 HTTP/1.1\r\n\r\n",
        b"CONNECT \xff:1 HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET https://example.org/ HTTP/1.1\r\n\r\n",
        b"GET http://[::1/ HTTP/1.1\r\n\r\n",
        b"\r\n\r\n",
        b"SSH-2.0-x\r\n\r\n",
    ],
)
def test_anything_else_is_not_understood(head: bytes) -> None:
    with pytest.raises(BadHead):
        read_head(head)


def test_a_refusal_says_why_in_its_first_line_too() -> None:
    answer = refusal("403", "it is\r\nnot granted")
    assert answer.startswith(b"HTTP/1.1 403 it is not granted\r\n")
    assert answer.endswith(b"\r\n\r\nit is\r\nnot granted\n")
