"""Deploys over HTTP: begun, shown, and followed as lines."""

import json
from typing import Any

import msgspec
from sqlalchemy import update

from tests.support.actors import actor
from tests.support.asgi import caller_of
from tests.support.deploying import ANA, Deploying
from unshelf.deploy.deploys.events import DeployEvent, End, encode_event
from unshelf.deploy.deploys.routes import router
from unshelf.deploy.deploys.service import DeployService
from unshelf.deploy.deploys.tables import DeployEventRow, DeployRow


def wanted(deploying: Deploying, **more: Any) -> dict[str, Any]:
    return {"name": "iris", "manifest": msgspec.to_builtins(deploying.manifest(b"model")), **more}


def test_a_deploy_is_begun_and_shown(deploying: Deploying, deploys: DeployService) -> None:
    call = caller_of(ANA, router(deploys))
    begun = call("POST", "/deploys", json=wanted(deploying))
    assert begun.status_code == 202
    shown = call("GET", f"/deploys/{begun.json()['id']}").json()
    assert (shown["name"], shown["state"], shown["by"]) == ("iris", "running", ANA.label)
    assert call("GET", "/deploys/nothing").status_code == 404


def test_the_events_of_a_deploy_that_ended_are_lines(deploying: Deploying, deploys: DeployService) -> None:
    call = caller_of(ANA, router(deploys))
    begun = call("POST", "/deploys", json=wanted(deploying)).json()["id"]
    events = [DeployEvent(step="lock", state="started"), End(state="done", version=1)]
    with deploying.database.transaction() as session:
        session.add_all(
            DeployEventRow(deploy=begun, position=position, event=encode_event(event))
            for position, event in enumerate(events)
        )
        session.execute(update(DeployRow).values(state="done"))
    answer = call("GET", f"/deploys/{begun}/events")
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert [json.loads(line)["step"] for line in answer.text.splitlines()] == ["lock", "end"]
    assert call("GET", "/deploys/nothing/events").status_code == 404


def test_a_deploy_whose_files_are_missing_is_a_conflict(deploying: Deploying, deploys: DeployService) -> None:
    request = wanted(deploying)
    deploying.blobs.delete(list(deploying.stored()))
    answer = caller_of(ANA, router(deploys))("POST", "/deploys", json=request)
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


def test_only_who_may_deploy_the_model_sees_its_deploys(deploying: Deploying, deploys: DeployService) -> None:
    begun = caller_of(ANA, router(deploys))("POST", "/deploys", json=wanted(deploying)).json()["id"]
    for other, status in ((actor("predict"), 403), (actor("deploy", ["wine"]), 404)):
        call = caller_of(other, router(deploys))
        assert call("POST", "/deploys", json=wanted(deploying)).status_code == 403
        assert call("GET", f"/deploys/{begun}").status_code == status
        assert call("GET", f"/deploys/{begun}/events").status_code == status
