"""Logging in and out, and a session that ends while somebody writes."""

import re

from tests.support.accounts import PASSWORD
from tests.support.notifying import Mailbox
from tests.support.waiting import wait_until
from tests.ui.looking import Visit


def test_a_one_time_link_leads_to_the_start_page(visit: Visit) -> None:
    visit.enter()

    visit.sees("link", "seen")
    visit.page.get_by_role("link", name="Models", exact=True).click()
    visit.sees("heading", "Models")
    visit.page.go_back()
    visit.sees("heading", "Unshelf")


def test_a_link_that_was_used_says_so(visit: Visit) -> None:
    url = visit.platform.http.post("/api/v1/session/links").json()["url"]
    assert visit.platform.client(None).get(url).status_code == 303
    visit.page.goto(url)
    visit.sees("heading", "Log in to Unshelf")
    assert "was used" in visit.sees("alert", "", exact=False).inner_text()


def test_a_person_logs_in_and_out_with_a_password(visit: Visit) -> None:
    visit.log_in("nora", "not the right one")
    visit.sees("alert", "", exact=False)
    visit.page.get_by_label("Password", exact=True).fill(PASSWORD)
    visit.page.get_by_role("button", name="Log in").click()
    visit.sees("heading", "Good day, nora")

    visit.page.get_by_role("button", name="You: nora").click()
    visit.page.get_by_role("menuitem", name="Log out").click()
    visit.sees("heading", "Log in to Unshelf")


def test_an_address_that_was_opened_before_logging_in_is_where_one_arrives(visit: Visit) -> None:
    visit.page.goto(f"{visit.platform.url}/models?q=see")
    visit.page.get_by_label("Login name").fill("vera")
    visit.page.get_by_label("Password", exact=True).fill(PASSWORD)
    visit.page.get_by_role("button", name="Log in").click()
    visit.sees("heading", "Models")
    visit.sees("link", "seen")


def test_a_session_that_ends_takes_nothing_that_was_typed(visit: Visit) -> None:
    visit.log_in("carl")
    visit.sees("heading", "Good day, carl")
    visit.page.get_by_role("link", name="Projects", exact=True).click()
    visit.sees("link", "Laboratory").click()
    visit.sees("tab", "Notes").click()
    visit.page.get_by_label("Text").fill("Half a thought")
    csrf = visit.page.evaluate("fetch('/api/v1/session').then(a => a.json()).then(a => a.csrf_token)")
    visit.page.evaluate("csrf => fetch('/api/v1/session', {method: 'DELETE', headers: {'X-Unshelf-CSRF': csrf}})", csrf)

    visit.page.get_by_role("button", name="Write the note").click()
    dialog = visit.sees("dialog", "Your session has ended")
    dialog.get_by_label("Login name").fill("carl")
    dialog.get_by_label("Password", exact=True).fill(PASSWORD)
    dialog.get_by_role("button", name="Log in").click()
    dialog.wait_for(state="hidden")

    assert visit.page.get_by_label("Text").input_value() == "Half a thought"
    visit.page.get_by_role("button", name="Write the note").click()
    visit.page.get_by_text("Half a thought").last.wait_for()


def test_who_has_forgotten_a_password_sets_another_by_a_link_that_is_mailed(visit: Visit, mailbox: Mailbox) -> None:
    visit.invite(visit.platform, "flora", email="flora@example.com")
    visit.page.goto(visit.platform.url)
    visit.page.get_by_label("Login name").fill("flora")
    visit.page.get_by_role("button", name="Forgot your password?").click()
    assert "If flora has a password" in visit.sees("status", "", exact=False).inner_text()
    mail = wait_until(
        lambda: next(
            (
                each
                for each in mailbox.received
                if "account, flora" in each.get_content() and "forgotten" in each.get_content()
            ),
            None,
        ),
        what="the e-mail",
    )
    visit.page.goto(re.findall(r"http://\S+#\S+", mail.get_content())[0])
    visit.page.get_by_label("Password", exact=True).fill(f"{PASSWORD} anew")
    visit.page.get_by_label("The same again").fill(f"{PASSWORD} anew")
    visit.page.get_by_role("button", name="Set the password").click()
    visit.sees("heading", "Good day, flora")
