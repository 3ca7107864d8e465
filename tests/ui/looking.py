"""Looking at pages: visits of a browser, and what must not happen during any."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from tests.support.accounts import PASSWORD
from tests.support.platform import Platform

AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"
COLOURS = ["color-contrast", "link-in-text-block"]
"""The rules that a theme may break."""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WAIT_MS = 60_000
_EXPECTED = re.compile(r"status of (401|403|404|409|422)|ERR_INCOMPLETE_CHUNKED_ENCODING")
"""Answers of the API that a page is there to show, and the end of a followed log whose session has ended; the browser notes each."""


class Visit:
    """A profile of the browser, with one page."""

    def __init__(self, context: Any, platform: Platform) -> None:
        self._context = context
        self.platform = platform
        context.set_default_timeout(WAIT_MS)
        self.page = context.new_page()
        self.foreign: list[str] = []
        self.faults: list[str] = []
        self.page.on("request", self._note_request)
        self.page.on("console", self._note_message)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))

    @staticmethod
    def invite(platform: Platform, name: str, **more: Any) -> None:
        """Make an account that logs in with the usual password."""
        link = platform.http.post("/api/v1/users", json={"name": name, **more}).json()["url"].partition("#")[2]
        answer = platform.client(None).post("/api/v1/password/link", json={"link": link, "password": PASSWORD})
        assert answer.status_code == 204, answer.text

    def enter(self) -> None:
        """Log in as the administrator by a one-time link."""
        self.page.goto(self.platform.http.post("/api/v1/session/links").json()["url"])
        self.sees("heading", "Unshelf")

    def log_in(self, name: str, password: str = PASSWORD) -> None:
        """Log in on the login page."""
        self.page.goto(self.platform.url)
        self.page.get_by_label("Login name").fill(name)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.page.get_by_role("button", name="Log in").click()

    def open(self, path: str) -> None:
        """Open an address, and wait for its title."""
        self.page.goto(self.platform.url + path)
        self.page.locator("h1").wait_for()

    def settle(self) -> None:
        """Wait until the page shows what it asked for."""
        self.page.locator("[aria-busy=true]").first.wait_for(state="detached")

    def sees(self, role: str, name: str, *, exact: bool = True) -> Any:
        """Wait for something with this role and name."""
        found = self.page.get_by_role(role, name=name, exact=exact).first
        found.wait_for()
        return found

    def switch_theme(self, scheme: Literal["light", "dark"]) -> None:
        """Have the page in light or dark, as the device asks for it."""
        self.page.emulate_media(color_scheme=scheme)
        self.page.locator(f"html[data-mantine-color-scheme={scheme}]").wait_for()

    def barriers(self, rules: list[str] = RULES) -> list[str]:
        """What axe finds on the page, by these rules, or rules with these tags: the rule, and where."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.read_text())
        found = self.page.evaluate("rules => axe.run(document, {runOnly: rules})", rules)
        return [f"{each['id']}: {[node['target'] for node in each['nodes']][:3]}" for each in found["violations"]]

    def end(self) -> None:
        """Close; nothing may have gone wrong, or been asked of another server."""
        self._context.close()
        assert self.faults == []
        assert self.foreign == []

    def _note_request(self, request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https") and f"{parts.scheme}://{parts.netloc}" != self.platform.url:
            self.foreign.append(request.url)

    def _note_message(self, message: Any) -> None:
        if message.type in ("error", "warning") and not _EXPECTED.search(message.text):
            self.faults.append(message.text)


class Looking:
    """A browser that looks at a platform."""

    def __init__(self, browser: Any, platform: Platform) -> None:
        self._browser = browser
        self._platform = platform

    def begin(
        self, platform: Platform | None = None, *, scheme: str = "light", width: int = 1280, height: int = 860
    ) -> Visit:
        """A new profile: nobody is logged in. `platform`: another than the one that all look at."""
        context = self._browser.new_context(
            color_scheme=scheme, viewport={"width": width, "height": height}, reduced_motion="reduce"
        )
        return Visit(context, platform or self._platform)

    @contextmanager
    def elsewhere(self, address: str) -> Iterator[Any]:
        """A page of another server, in a profile of its own."""
        context = self._browser.new_context()
        try:
            page = context.new_page()
            page.goto(address)
            yield page
        finally:
            context.close()
