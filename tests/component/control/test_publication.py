"""Changes while nothing can be published: they succeed, the answer says so, and they come into force on their own later."""

from tests.support.asgi import AppCaller
from tests.support.waiting import wait_until
from unshelf.contracts.home import Home
from unshelf.runtime.routing_file import read_routing


def test_a_key_revoked_while_nothing_can_be_written_is_refused_soon_after(admin: AppCaller, home: Home) -> None:
    made = admin("POST", "/api/v1/keys", json={"name": "leaked", "role": "predict"})
    assert "x-publication" not in made.headers
    known = {key.id for key in read_routing(home.run).keys.values()}
    assert made.json()["id"] in known

    aside = home.run / "aside"
    home.routing.rename(aside)
    home.routing.write_text("where the folder was")
    revoked = admin("DELETE", f"/api/v1/keys/{made.json()['id']}")
    assert (revoked.status_code, revoked.headers["x-publication"]) == (204, "pending")
    assert admin("GET", "/api/v1/whoami").headers.get("x-publication") is None

    home.routing.unlink()
    aside.rename(home.routing)
    wait_until(
        lambda: made.json()["id"] not in {key.id for key in read_routing(home.run).keys.values()},
        what="the revoked key is out of the routing state",
    )
    wait_until(
        lambda: "x-publication" not in admin("DELETE", f"/api/v1/keys/{made.json()['id']}").headers,
        what="answers say nothing of it any more",
    )


def test_publication_that_keeps_failing_is_an_alert_until_it_works_again(admin: AppCaller, home: Home) -> None:
    def failing() -> list[str]:
        alerts = admin("GET", "/api/v1/alerts").json()["alerts"]
        return [alert["evidence"]["loop"] for alert in alerts if alert["kind"] == "loop_failing"]

    aside = home.run / "aside"
    home.routing.rename(aside)
    home.routing.write_text("where the folder was")
    admin("POST", "/api/v1/keys", json={"name": "late", "role": "predict"})
    wait_until(lambda: failing() == ["publication"], what="the alert is raised")
    home.routing.unlink()
    aside.rename(home.routing)
    wait_until(lambda: failing() == [], what="the alert is over")
