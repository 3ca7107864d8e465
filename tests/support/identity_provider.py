"""A real identity provider, oidc-provider on Node, and a browser that logs in with it by its pages."""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

import httpx

from tests.support.training import BUILT

SOURCES = Path(__file__).parents[1] / "integration" / "identity_provider"
SECRET = "a secret: with/odd+characters%"
_MOST_STEPS = 20


def provider_folder() -> Path:
    """The folder with the provider's program and what it needs; installed once and kept."""
    folder = BUILT.parent / "identity_provider"
    folder.mkdir(parents=True, exist_ok=True)
    for source in SOURCES.iterdir():
        shutil.copy(source, folder)
    if not (folder / "node_modules" / "oidc-provider").exists():
        done = subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock"],
            cwd=folder, capture_output=True, text=True, timeout=250, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
    return folder


@dataclass
class IdentityProvider:
    """A provider at one address, started and stopped as a test wants; each start has new keys and knows no session of before."""

    folder: Path
    port: int
    home: str
    """The address of the server that people log in to."""
    people: Path
    process: subprocess.Popen[str] | None = field(default=None, init=False)

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def know(self, people: Mapping[str, Mapping[str, Any]]) -> None:
        """Have it know these people from now on: id → claims."""
        self.people.write_text(json.dumps(people))

    def start(self) -> None:
        config = {
            "issuer": self.issuer, "port": self.port, "home": self.home, "secret": SECRET, "people": str(self.people),
        }  # fmt: skip
        self.process = subprocess.Popen(
            ["node", "--no-warnings", "provider.js", json.dumps(config)],
            cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("ready"):
                return
        raise AssertionError("the identity provider did not start")

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(30)
            assert self.process.stdout is not None
            self.process.stdout.close()
            self.process = None


class ProviderBrowser:
    """A browser: keeps cookies, follows redirections, and fills in the forms of the provider's pages."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.Client(timeout=30)

    def begin(self, return_to: str = "/api/v1/whoami") -> httpx.Response:
        """The answer that leads to the provider."""
        return self.http.get(f"{self.url}/api/v1/session/oidc", params={"return_to": return_to})

    def at_provider(self, begun: httpx.Response, person: str) -> str:
        """Log in at the provider; the address that it leads back to."""
        answer, addressed = begun, ""
        for _ in range(_MOST_STEPS):
            if answer.is_redirect:
                addressed = str(answer.request.url.join(answer.headers["location"]))
                if addressed.startswith(self.url):
                    return addressed
                answer = self.http.get(addressed)
            else:
                assert answer.status_code == 200, answer.text
                answer = self._submit(answer, login=person, password="any")
        raise AssertionError(f"the provider leads nowhere; the last was {addressed}")

    def log_in(self, person: str, return_to: str = "/api/v1/whoami") -> httpx.Response:
        """Log in; the answer to coming back."""
        begun = self.begin(return_to)
        assert begun.status_code == 303, begun.text
        return self.http.get(self.at_provider(begun, person))

    def whoami(self) -> httpx.Response:
        return self.http.get(f"{self.url}/api/v1/whoami")

    def post(self, path: str, body: Any = None) -> httpx.Response:
        """Send as a page of the server would, with the session's CSRF token."""
        shown = self.http.get(f"{self.url}/api/v1/session")
        csrf = shown.json()["csrf_token"]
        return self.http.post(f"{self.url}{path}", json=body, headers={"x-unshelf-csrf": csrf})

    def follow(self, url: str) -> httpx.Response:
        """Open an address of the provider, and press the button of each page until it leads back or says something."""
        answer = self.http.get(url)
        for _ in range(_MOST_STEPS):
            if answer.is_redirect:
                addressed = str(answer.request.url.join(answer.headers["location"]))
                if addressed.startswith(self.url):
                    return answer
                answer = self.http.get(addressed)
            elif "<form" in answer.text:
                answer = self._submit(answer)
            else:
                return answer
        raise AssertionError("the provider leads nowhere")

    def _submit(self, page: httpx.Response, **typed: str) -> httpx.Response:
        form = re.search(r"<form[^>]*action=\"([^\"]+)\"", page.text)
        assert form is not None, page.text[-2000:]
        hidden = re.findall(r"<input type=\"hidden\" name=\"([^\"]+)\" value=\"([^\"]*)\"", page.text)
        first = (re.findall(r"<button[^>]*type=\"submit\"[^>]*>", page.text) or [""])[0]
        named = dict(re.findall(r"(name|value)=\"([^\"]*)\"", first))
        buttons = [(named["name"], named["value"])] if "name" in named else []
        wanted = {name: value for name, value in typed.items() if f'name="{name}"' in page.text}
        values = {name: unescape(value) for name, value in [*hidden, *buttons]} | wanted
        return self.http.post(str(page.request.url.join(unescape(form[1]))), data=values)

    def close(self) -> None:
        self.http.close()
