"""`GET /metrics`: for keys that may see metrics, of the models that they may see, in the format that is asked for."""

import asyncio
from pathlib import Path

import pytest

from tests.support.exchanges import Wire, an_exchange
from tests.support.routes import one_model
from unshelf.contracts.permissions import Permission
from unshelf.contracts.routing import KeyRoute
from unshelf.gateway.errors import ProblemError
from unshelf.gateway.prediction import Prediction
from unshelf.gateway.records.batch import divide
from unshelf.gateway.routing.index import Caller
from unshelf.gateway.telemetry.counters import Counters
from unshelf.gateway.telemetry.present import PresentVersions
from unshelf.gateway.telemetry.routes import MetricsRoute


def present(*models: str) -> PresentVersions:
    """A routing table with a version 1 of each of these."""
    found = PresentVersions()
    found.changed(dict.fromkeys(models, one_model()))
    return found


def scrape(
    folder: Path,
    *,
    models: list[str] | None = None,
    permissions: tuple[str, ...] = (Permission.METRICS_READ,),
    accept: str = "",
    there: tuple[str, ...] = ("iris", "secret"),
) -> Wire:
    counters = Counters(folder / "metrics", 0)
    for model in ("iris", "secret"):
        prediction = Prediction("k", model, "native")
        prediction.model, prediction.version, prediction.status = model, 1, 200
        counters.answered(divide([prediction]))
    route = MetricsRoute(
        counters, str(folder / "none"), lambda: {("iris", 1): 4, ("secret", 1): 4}, dict, present(*there)
    )
    exchange, wire = an_exchange("GET", "/metrics", accept=accept)
    caller = Caller(KeyRoute(id="k1", name="prometheus", permissions=permissions, models=models))
    asyncio.run(route.answer(exchange, caller))
    return wire


def test_a_key_without_the_permission_is_forbidden(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match=r"lacks the permission metrics\.read") as refused:
        scrape(tmp_path, permissions=(Permission.MODEL_PREDICT,))
    assert refused.value.code == "forbidden"


@pytest.mark.parametrize("models", [["ir*"], ["iris", "other"]])
def test_a_key_sees_only_its_models(tmp_path: Path, models: list[str]) -> None:
    wire = scrape(tmp_path, models=models)
    assert b'unshelf_requests_total{model="iris"' in wire.body
    assert b'unshelf_deferred{model="iris",state="queued",version="1"} 4.0' in wire.body
    assert b"secret" not in wire.body


def test_what_is_no_more_in_the_routing_table_is_not_shown(tmp_path: Path) -> None:
    wire = scrape(tmp_path, there=("iris",))
    assert b'unshelf_requests_total{model="iris"' in wire.body
    assert b'unshelf_requests_total{model="secret"' not in wire.body
    assert b'unshelf_request_seconds_count{model="secret"' not in wire.body


def test_a_key_for_all_models_sees_all_and_that_the_host_is_away(tmp_path: Path) -> None:
    wire = scrape(tmp_path)
    assert b'model="secret"' in wire.body
    assert b"\nunshelf_host_up 0.0\n" in wire.body
    assert b'process="supervisor"' in wire.body
    assert (wire.head[":status"], wire.head["x-content-type-options"]) == ("200", "nosniff")


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("", "text/plain"), ("*/*", "text/plain"), ("text/plain;version=.", "text/plain"),
        ("text/plain;version=" + "9." * 30_000, "text/plain"), ("application/openmetrics-text;version=x", "text/plain"),
        ("application/openmetrics-text; version=1.0.0", "application/openmetrics-text"),
    ],
)  # fmt: skip
def test_the_format_is_the_one_that_is_asked_for(tmp_path: Path, accept: str, content_type: str) -> None:
    wire = scrape(tmp_path, accept=accept)
    assert wire.head["content-type"].startswith(content_type)
    assert wire.body.endswith(b"# EOF\n") is content_type.startswith("application")
