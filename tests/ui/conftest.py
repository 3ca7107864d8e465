"""A browser, and a platform with a model and people to look at. Without UNSHELF_TEST_UI=1 nothing here is collected."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.models import write_model
from tests.support.notifying import Mailbox, free_port, mail_server
from tests.support.platform import Platform, running_platform
from tests.ui.looking import Looking, Visit

collect_ignore_glob = [] if os.environ.get("UNSHELF_TEST_UI") == "1" else ["test_*.py"]
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def looking(shown: Platform) -> Iterator[Looking]:
    """A browser, in which each visit is a profile of its own."""
    from playwright.sync_api import sync_playwright

    program = os.environ.get("UNSHELF_TEST_CHROMIUM") or next(filter(None, map(shutil.which, PROGRAMS)), None)
    assert program, "these tests need a Chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield Looking(browser, shown)
        browser.close()


@pytest.fixture(scope="session")
def mailbox() -> Iterator[Mailbox]:
    """What the platform's mail server took."""
    box = Mailbox(port=free_port())
    with mail_server(box, box.port):
        yield box


@pytest.fixture(scope="session")
def shown(tmp_path_factory: pytest.TempPathFactory, mailbox: Mailbox) -> Iterator[Platform]:
    """A platform with a project, a model of two versions, a folder that connections may read, and three people."""
    data = tmp_path_factory.mktemp("data")
    (data / "stock.csv").write_text("city,items\nGent,5\nLille,6\n")
    (data / "parcels").mkdir()
    (data / "parcels" / "monday.csv").write_text("id,region,km,stops,output\nm1,city,8.5,20,7.5\nm2,city,9.0,30,8.5\n")
    port, mail = free_port(), mailbox.port
    with running_platform(
        tmp_path_factory.mktemp("looked-at") / "home", port=str(port), public_url=f"http://127.0.0.1:{port}",
        data_folders=f"warehouse={data}", smtp_host="127.0.0.1", smtp_port=str(mail), smtp_tls="off",
        backup_to=str(data.parent / f"{data.name}-backups"), backup_passphrase="a long sentence",
        smtp_sender="Unshelf <unshelf@example.org>", egress_allow="127.0.0.0/8,*.example.org",
    ) as platform:  # fmt: skip
        _furnish(platform, write_model(tmp_path_factory.mktemp("shown"), name="seen"))
        yield platform


def _furnish(platform: Platform, folder: Path) -> None:
    projects = "/api/v1/projects"
    assert platform.http.post(projects, json={"name": "lab", "title": "Laboratory"}).status_code == 201
    platform.cli("deploy", str(folder), "--project", "lab")
    platform.cli("deploy", str(folder))
    _add_data(platform)
    Visit.invite(platform, "vera", role="viewer", project="lab")
    Visit.invite(platform, "carl", role="contributor", project="lab", email="carl@example.com")
    Visit.invite(platform, "nora")


def _add_data(platform: Platform) -> None:
    content = b"city,orders\nGent,3\nLille,\n"
    digest = hashlib.sha256(content).hexdigest()
    assert platform.http.put(f"/api/v1/blobs/{digest}", params={"project": "lab"}, content=content).is_success
    files = [{"path": "orders.csv", "sha256": digest, "size": len(content)}]
    added = platform.http.post("/api/v1/data", json={"name": "orders", "project": "lab", "files": files})
    assert added.status_code == 201, added.text


@pytest.fixture
def visit(looking: Looking) -> Iterator[Visit]:
    """A visit that ends with the test; then nothing may have gone wrong in the browser."""
    visit = looking.begin()
    yield visit
    visit.end()


@pytest.fixture
def screens(request: pytest.FixtureRequest) -> Path | None:
    """The folder that screenshots are wanted in, by UNSHELF_TEST_SCREENS."""
    folder = os.environ.get("UNSHELF_TEST_SCREENS")
    return Path(folder) if folder else None
