"""Environments as people use them: curated by an administrator, extended by a project, watched while they are built."""

import re
from pathlib import Path

from tests.ui.looking import COLOURS, Looking, Visit
from tests.ui.test_pages import keep


def make_base(visit: Visit) -> None:
    """A curated environment of two versions, the default, made once."""
    if visit.platform.http.get("/api/v1/environments/names/base").is_success:
        return
    for packages in (["six==1.16.0"], ["six==1.17.0"]):
        visit.platform.cli("environments", "create", "base", *packages, "--curated", "--notes", "For most models.")
    visit.platform.cli("environments", "change", "base", "--default", "--notes", "For most models.")


def test_a_project_extends_a_curated_environment_and_watches_the_build(visit: Visit) -> None:
    make_base(visit)
    visit.log_in("carl")
    visit.sees("heading", "Good day, carl")
    visit.open("/environments")
    visit.sees("link", "base").click()
    visit.sees("tab", "Add packages").click()
    assert visit.page.get_by_role("button", name="Curate").count() == 0
    visit.page.get_by_label("Name of the project's environment").fill("scoring")
    visit.page.get_by_role("textbox", name="Packages").fill("packaging\n# for versions")
    visit.sees("button", "Make the project's environment").click()

    visit.page.wait_for_url("**/environments/builds/*")
    visit.page.get_by_text("packages for Python").wait_for()
    visit.sees("link", "See the environment").click()
    visit.sees("heading", "scoring")
    visit.page.get_by_text("version 1: Python").wait_for()
    for package in ("six", "packaging"):
        visit.page.get_by_role("cell", name=package, exact=True).wait_for()
    export = visit.sees("link", "Export scoring:1")
    with visit.page.expect_download() as download:
        export.click()
    assert download.value.suggested_filename == "scoring-1.tar"


def test_a_build_that_fails_names_the_package(visit: Visit) -> None:
    visit.log_in("carl")
    visit.sees("heading", "Good day, carl")
    visit.open("/environments")
    visit.sees("button", "Make an environment").click()
    dialog = visit.sees("dialog", "Make an environment")
    dialog.get_by_label("Name", exact=False).first.fill("impossible")
    dialog.get_by_role("textbox", name="Packages").fill("six==0.0.1")
    dialog.get_by_role("button", name="Make the environment").click()
    visit.page.wait_for_url("**/environments/builds/*")
    visit.page.get_by_text("It failed at the step “lock”").wait_for()
    visit.page.get_by_text(re.compile("six==0.0.1")).first.wait_for()


def test_an_administrator_deprecates_a_version_and_compares_two(visit: Visit) -> None:
    make_base(visit)
    visit.enter()
    visit.open("/environments/names/base?tab=packages&version=1")
    visit.page.get_by_role("combobox", name="Compare packages").click()
    visit.page.get_by_role("option", name="against base:2").click()
    visit.page.get_by_role("cell", name="1.16.0", exact=True).wait_for()
    visit.sees("button", "Curate").click()
    visit.page.get_by_role("menuitem", name="Deprecate").click()
    dialog = visit.sees("dialog", "Deprecate base")
    dialog.get_by_role("combobox", name="What").click()
    visit.page.get_by_role("option", name="base:1").click()
    dialog.get_by_label("Why").fill("It is old")
    dialog.get_by_label("To use instead").fill("base:2")
    dialog.get_by_role("button", name="Warn those who use it").click()
    visit.page.get_by_text("deprecated: It is old; use base:2 instead").wait_for()


def test_everybody_can_read_the_pages_in_light_dark_and_on_a_phone(
    looking: Looking, visit: Visit, screens: Path | None
) -> None:
    make_base(visit)
    visit.enter()
    version = visit.platform.http.get("/api/v1/models/seen").json()["version"]
    build = visit.platform.http.get("/api/v1/environments/builds").json()["builds"][0]["id"]
    paths = [
        "/environments", "/environments?tab=hashes", "/environments/names/base", "/environments/names/base?tab=versions",
        "/environments/names/base?tab=uses", "/environments/names/base?tab=extend", "/environments/names/base?tab=builds",
        f"/environments/{version['environment']}?tab=uses", f"/environments/builds/{build}",
    ]  # fmt: skip
    found = {}
    for path in paths:
        visit.open(path)
        visit.settle()
        found[path] = visit.barriers()
        keep(visit, screens, path, "light")
        visit.page.emulate_media(color_scheme="dark")
        visit.page.locator("html[data-mantine-color-scheme=dark]").wait_for()
        found[f"{path} (dark)"] = visit.barriers(COLOURS)
        keep(visit, screens, path, "dark")
        visit.page.emulate_media(color_scheme="light")
    phone = looking.begin(width=390, height=844)
    phone.enter()
    for path in paths[:4]:
        phone.open(path)
        phone.settle()
        assert phone.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
        keep(phone, screens, path, "phone")
    phone.end()
    assert {path: barriers for path, barriers in found.items() if barriers} == {}
