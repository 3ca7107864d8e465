"""Decision cards over HTTP."""

from tests.support.alerting import ANA, STRANGER, VERA, AlertWorld
from tests.support.asgi import caller_of
from tests.support.deciding import NotedActs, deciding
from unshelf.monitor.decisions.routes import router


def test_a_card_is_shown_and_a_choice_is_made(world: AlertWorld) -> None:
    noted, id = NotedActs(), world.raise_()
    decisions = deciding(world, noted)
    ana = caller_of(ANA, router(decisions))
    card = ana("GET", f"/alerts/{id}/card").json()
    best = card["options"][0]
    assert best["score"] == min(100, max(0, sum(reason["points"] for reason in best["reasons"])))
    assert {option["name"]: option["may"] for option in card["options"]}["rollback"]
    assert [each["version"] for each in card["versions"]] == [1, 2, 3]
    made = ana("POST", f"/alerts/{id}/decisions", json={"choice": "rollback", "reason": "It fails."})
    assert (made.status_code, made.json()["outcome"]) == (201, "Now live: version 1 (100 %).")
    assert ana("GET", f"/alerts/{id}/card").json()["decisions"] == [made.json()]


def test_what_is_no_option_and_who_may_not(world: AlertWorld) -> None:
    id, decisions = world.raise_(), deciding(world, NotedActs(), before=())
    ana, vera, sten = (caller_of(who, router(decisions)) for who in (ANA, VERA, STRANGER))
    at = f"/alerts/{id}/decisions"
    assert ana("POST", at, json={"choice": "rollback"}).status_code == 409
    assert ana("POST", at, json={"choice": "pray"}).status_code == 422
    assert vera("POST", at, json={"choice": "pause"}).status_code == 403
    assert sten("GET", f"/alerts/{id}/card").status_code == 404
    assert not any(option["may"] for option in vera("GET", f"/alerts/{id}/card").json()["options"])
