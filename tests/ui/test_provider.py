"""Logging in at an identity provider in the browser: out to its pages and back to where one was, and out again."""

import json
import shutil
from collections.abc import Iterator

import pytest

from tests.support.identity_provider import SECRET, IdentityProvider, provider_folder
from tests.support.notifying import free_port
from tests.support.platform import Platform, running_platform
from tests.ui.looking import Looking

pytestmark = pytest.mark.skipif(
    shutil.which("npm") is None, reason="npm is not installed: it brings the identity provider"
)
ADA = {"name": "Ada Lovelace", "preferred_username": "ada", "email": "ada@example.org", "email_verified": True}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform whose people are known by an identity provider, which gives those of its group `risk` a role here."""
    folder = tmp_path_factory.mktemp("company")
    home = f"http://127.0.0.1:{free_port()}"
    provider = IdentityProvider(folder=provider_folder(), port=free_port(), home=home, people=folder / "people.json")
    provider.know({"42": {**ADA, "groups": ["risk"]}})
    provider.start()
    (folder / "client-secret").write_text(f"{SECRET}\n")
    settings = {
        "port": home.rpartition(":")[2], "public_url": home, "oidc_issuer": provider.issuer, "oidc_client_id": "unshelf",
        "oidc_client_secret_file": str(folder / "client-secret"), "oidc_groups": json.dumps({"risk": ["role:viewer@project:default"]}),
        "oidc_scopes": "openid,profile,email,groups", "oidc_label": "Log in with Example",
    }  # fmt: skip
    try:
        with running_platform(folder / "home", **settings) as running:
            yield running
    finally:
        provider.stop()


def test_somebody_logs_in_at_the_provider_and_comes_back_to_where_they_were(
    looking: Looking, company: Platform
) -> None:
    with looking.elsewhere(f"{company.url}/projects/default?tab=members") as page:
        page.get_by_role("link", name="Log in with Example").click()
        page.locator("input[name=login]").fill("42")
        page.locator("input[name=password]").fill("any")
        page.locator("button[type=submit]").first.click()
        page.get_by_role("button", name="Continue").click()
        page.get_by_role("tab", name="Members", selected=True).wait_for()
        assert page.url == f"{company.url}/projects/default?tab=members"
        page.get_by_role("cell", name="ada").wait_for()
        assert page.get_by_role("link", name="Users").count() == 0

        page.reload()
        page.get_by_role("button", name="You: Ada Lovelace").click()
        page.get_by_role("menuitem", name="Log out").click()
        page.locator("button[name=logout]").click()
        page.get_by_role("link", name="Log in with Example").wait_for()
        assert page.evaluate("fetch('/api/v1/whoami').then(answer => answer.status)") == 401
