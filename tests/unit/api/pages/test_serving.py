"""Pages are answered with a policy that lets nothing foreign run; everything else goes on to the API."""

import asyncio
import re

import httpx
from starlette.responses import PlainTextResponse

from unshelf.api.pages.files import Asset, PageFiles
from unshelf.api.pages.serving import Pages

HTML = {"accept": "text/html"}
FILES = PageFiles(
    document='<meta content="__NONCE__">',
    embedded='<meta content="__NONCE__" name="embedded">',
    assets={"/assets/a-1.js": Asset(content_type="text/javascript", forms={"": b"whole", "br": b"small"})},
)


class Client:
    """Asks the pages around an API that answers everything alike."""

    def __init__(self, files: PageFiles | None = FILES) -> None:
        origins = {"worth": ["http://localhost:1", "https://a.example.org"]}
        self._app = Pages(PlainTextResponse("the API"), files, lambda app: origins.get(app, []))

    def get(self, path: str, headers: dict[str, str] | None = None, *, method: str = "GET") -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://server") as client:
                stream = client.stream(method, path, headers=headers)
                async with stream as answer:
                    answer.raw_body = b"".join([part async for part in answer.aiter_raw()])
                    return answer

        return asyncio.run(ask())


def test_every_page_begins_with_the_same_document_and_a_number_of_its_own() -> None:
    first, second = Client().get("/", headers=HTML), Client().get("/no/such/page", headers=HTML)
    policy = first.headers["content-security-policy"]
    nonce = re.search(r"'nonce-([^']+)'", policy)
    assert nonce is not None
    assert first.raw_body.decode() == f'<meta content="{nonce[1]}">'
    assert second.status_code == 200
    assert second.raw_body != first.raw_body
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert first.headers["x-content-type-options"] == "nosniff"
    assert first.headers["cache-control"] == "no-cache"


def test_an_app_in_a_frame_has_an_opaque_origin_and_the_pages_of_its_list() -> None:
    answer = Client().get("/apps/worth/embed", headers=HTML)
    policy = answer.headers["content-security-policy"]
    assert policy.endswith("frame-ancestors http://localhost:1 https://a.example.org; sandbox allow-scripts")
    assert answer.raw_body.endswith(b'name="embedded">')
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in answer.headers
    for path in ("/apps/other/embed", "/apps/worth", "/apps/worth/embed/", "/apps/worth/x/embed"):
        assert "frame-ancestors 'none'" in Client().get(path, headers=HTML).headers["content-security-policy"], path


def test_an_asset_is_kept_for_good_and_sent_in_the_smallest_form() -> None:
    small = Client().get("/assets/a-1.js", headers={"accept-encoding": "gzip, br"})
    assert small.headers["content-encoding"] == "br"
    assert "immutable" in small.headers["cache-control"]
    whole = Client().get("/assets/a-1.js", headers={"accept-encoding": "identity"})
    assert whole.raw_body == b"whole"
    assert whole.headers["vary"] == "accept-encoding"


def test_head_answers_without_a_body() -> None:
    answer = Client().get("/", headers=HTML, method="HEAD")
    assert answer.status_code == 200
    assert answer.raw_body == b""


def test_a_file_that_there_is_not_is_a_problem_and_never_a_path() -> None:
    for path in ("/assets/none.js", "/assets/../index.html", "/assets/%2e%2e/files.py"):
        answer = Client().get(path)
        assert answer.status_code == 404 or answer.raw_body == b"the API", path


def test_what_programs_ask_goes_on_to_the_api() -> None:
    assert Client().get("/").raw_body == b"the API"
    assert Client().get("/api/v1/models", headers=HTML).raw_body == b"the API"
    assert Client().get("/", headers={**HTML, "authorization": "Bearer x"}).raw_body == b"the API"


def test_without_built_pages_the_document_says_how_to_build_them() -> None:
    assert b"make web" in Client(None).get("/", headers=HTML).raw_body
    assert Client(None).get("/assets/a-1.js").status_code == 404
