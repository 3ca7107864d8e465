"""A proxy to package indexes that ask for credentials: it adds them to the requests of uv, so that no build ever sees one.

uv hands its environment and the rights of its user on to the builds of packages, so it must have no password. It is given addresses
of names that exist nowhere, `http://HOST.https.invalid/…`, and this process as its proxy, which alone knows what they stand for. The
names are the same every time, because uv finds what it fetched before by the address of the index.

`python -m unshelf.host.packages.index_proxy` reads its configuration from standard input, prints its port, and serves until its
standard input ends."""

import base64
import hmac
import json
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

from unshelf.contracts.network.grants import address_of, place_of
from unshelf.contracts.network.policy import is_public
from unshelf.host.packages.addresses import location, place_text, places_in, proxied, real
from unshelf.host.packages.credentials import user_info_of, without_user_info

REFUSED = "refused "
"""How a line begins that tells of a place which is none of the indexes'."""
_PASSED_ON = frozenset({"accept", "range", "if-none-match", "if-modified-since", "if-range", "user-agent"})
_PASSED_BACK = frozenset(
    {
        "content-type",
        "content-length",
        "content-range",
        "accept-ranges",
        "etag",
        "last-modified",
        "cache-control",
        "vary",
        "age",
        "date",
    }
)
_PAGES = ("text/html", "application/vnd.pypi.simple")
_MOST_PAGE_BYTES = 64 << 20
_SECONDS = 60.0


class IndexProxy(ThreadingHTTPServer):
    """Serves one run of uv on loopback; only those who know its token."""

    daemon_threads = True

    def __init__(self, *, token: str, credentials: dict[str, str], insecure: list[str], places: list[str]) -> None:
        """`credentials`: `user:password` by the location of an index, as `addresses.place_text` writes it. `insecure`: hosts whose
        certificates are not looked at. `places`: the locations that may be asked for, beside those that pages of the indexes link to."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.expected = "Basic " + base64.b64encode(f"unshelf:{token}".encode()).decode()
        self.credentials = credentials
        self.places = set(places)
        self.insecure = insecure
        trust = ssl.create_default_context()  # the system's store, and what SSL_CERT_FILE names
        self.client = httpx.Client(verify=trust, timeout=_SECONDS, follow_redirects=True)
        self.careless = httpx.Client(verify=False, timeout=_SECONDS, follow_redirects=True)  # noqa: S501 - as the operator says


class _Handler(BaseHTTPRequestHandler):
    server: IndexProxy
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._pass_on()

    def do_HEAD(self) -> None:
        self._pass_on()

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing: addresses are nobody's business."""

    def _pass_on(self) -> None:
        if not hmac.compare_digest(self.headers.get("Proxy-Authorization", ""), self.server.expected):
            self._answer(407, {"Proxy-Authenticate": 'Basic realm="unshelf"'})
            return
        address = real(self.path)
        place = location(address)
        if place is None:
            self._answer(400, {})
            return
        if place_text(place) not in self.server.places:
            _say(f"{REFUSED}{place_of(*place[1:])}"[:300])
            self._answer(403, {}, f"{place_of(*place[1:])} is no package index of this server\n".encode())
            return
        headers = {name: value for name, value in self.headers.items() if name.lower() in _PASSED_ON}
        headers["Accept-Encoding"] = "identity"
        given = self.server.credentials.get(place_text(place))
        user, _, password = (given or "").partition(":")
        client = self.server.careless if place[1] in self.server.insecure else self.server.client
        try:
            auth = httpx.BasicAuth(user, password) if given else None
            with client.stream(self.command, address, headers=headers, auth=auth) as answer:
                self._pass_back(answer)
        except httpx.HTTPError as error:
            _say(f"{place[1]}: {str(error) or type(error).__name__}"[:300])
            self._answer(502, {})

    def _pass_back(self, answer: httpx.Response) -> None:
        headers = {name: value for name, value in answer.headers.items() if name in _PASSED_BACK}
        if self.command == "GET" and answer.is_success and headers.get("content-type", "").startswith(_PAGES):
            page = b""
            for chunk in answer.iter_bytes():
                page += chunk
                if len(page) > _MOST_PAGE_BYTES:
                    self._answer(502, {}, b"the page is too large")
                    return
            headers.pop("content-length", None)
            self._answer(answer.status_code, headers, self._rewritten(page.decode(errors="replace")).encode())
            return
        self.send_response(answer.status_code)
        for name, value in headers.items():
            self.send_header(name, value)
        if "content-length" not in headers:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        if self.command == "GET":
            for chunk in answer.iter_raw():
                self.wfile.write(chunk)

    def _rewritten(self, page: str) -> str:
        """The page with links that lead here, and without the credentials in them, which are kept for their hosts. Where it links to may
        be asked for from now on."""
        for address, user_info in user_info_of(page):
            if (place := location(address)) is not None:
                self.server.credentials.setdefault(place_text(place), user_info)
        bare = without_user_info(page)
        self.server.places.update(place_text(place) for place in places_in(bare) if _may_be_linked(place[1]))
        return proxied(bare)

    def _answer(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)


def _may_be_linked(host: str) -> bool:
    """Whether a page may link to this host: no address of the machine or its network, unless the operator named it."""
    address = address_of(host)
    return host != "localhost" and (address is None or is_public(address))


def _say(line: str) -> None:
    """Tell the host: the port first, then whatever keeps an index from being reached."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Serve until the end of standard input, whose first line is the configuration."""
    with IndexProxy(**json.loads(sys.stdin.readline())) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        _say(str(proxy.server_port))
        sys.stdin.read()
        proxy.shutdown()


if __name__ == "__main__":
    main()
