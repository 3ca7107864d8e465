"""The routing table of a gateway: references lead to versions, requests are spread by shares, and only changes are looked up anew."""

import random
from collections import Counter
from typing import Any

import pytest

from tests.support.routes import SIGNATURE, hashed, one_model, version
from unshelf.contracts.bundle import Recording
from unshelf.contracts.routing import KeyRoute, ModelRoute, Share
from unshelf.contracts.signature import Column, Columns, Signature
from unshelf.gateway.errors import ProblemError
from unshelf.gateway.routing.index import Caller, Table
from unshelf.runtime.routing_file import RoutingChange


def change(number: int, models: dict[str, ModelRoute | None] | None = None, keys: Any = None) -> RoutingChange:
    return RoutingChange(generation=number, models=models or {}, keys=keys or {})


def three_versions(*shares: tuple[int, float], **fields: Any) -> ModelRoute:
    release = [Share(version=number, percent=percent) for number, percent in shares]
    return one_model(versions={number: version() for number in (1, 2, 3)}, release=release, **fields)


def table_of(**models: ModelRoute) -> Table:
    return Table().changed(change(1, dict(models)))


def test_a_name_an_alias_and_a_number_lead_to_versions() -> None:
    table = table_of(iris=three_versions((2, 100.0), aliases={"champion": 3}))
    found = [table.find(text).pick().version for text in ("iris", "iris@champion", "iris:1")]
    assert found == [2, 3, 1]


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("rose", "no model 'rose'"),
        ("iris:9", "no version 9"),
        ("iris@gone", "no alias 'gone'"),
        ("../iris", ""),
    ],
)
def test_what_leads_nowhere_is_not_found(reference: str, said: str) -> None:
    with pytest.raises(ProblemError) as refused:
        table_of(iris=three_versions((1, 100.0))).find(reference)
    assert (refused.value.code, said in refused.value.detail) == ("not_found", True)


def test_a_model_with_nothing_live_says_what_may_be_called() -> None:
    with pytest.raises(ProblemError, match="is live") as refused:
        table_of(iris=three_versions((1, 0.0))).find("iris")
    assert "iris:1, iris:2, iris:3" in refused.value.hint


def test_requests_are_spread_by_the_shares() -> None:
    random.seed(7)
    route = table_of(iris=three_versions((1, 75.0), (2, 25.0), (3, 0.0))).find("iris")
    seen = Counter(route.pick().version for _ in range(4000))
    assert set(seen) == {1, 2}
    assert 0.70 < seen[1] / 4000 < 0.80


def test_metadata_shows_the_greatest_share() -> None:
    route = table_of(iris=three_versions((1, 40.0), (2, 60.0))).find("iris")
    assert route.main().version == 2


def test_a_version_is_paused_with_its_model() -> None:
    table = table_of(iris=three_versions((1, 100.0), paused=True), rose=one_model(versions={1: version(paused=True)}))
    assert table.find("iris").pick().paused
    assert table.find("rose").pick().paused


def test_outputs_that_are_bytes_are_named_in_answers() -> None:
    columns = [Column(name="label", type="string"), Column(name="photo", type="bytes")]
    signature = Signature(inputs=SIGNATURE.inputs, outputs=Columns(columns=columns))
    table = table_of(iris=one_model(versions={1: version(signature=signature), 2: version()}))
    assert table.find("iris:1").main().marks == b'"base64":["photo"],'
    assert table.find("iris:2").main().marks == b""


def test_only_what_a_change_concerns_is_looked_up_anew() -> None:
    first = table_of(iris=three_versions((1, 100.0)), rose=one_model())
    iris, rose = first.find("iris"), first.find("rose")
    second = first.changed(change(2, {"iris": three_versions((3, 100.0))}))
    assert second.generation == 2
    assert second.find("rose") is rose
    assert second.find("iris") is not iris
    assert second.find("iris").pick().version == 3


def test_a_model_that_goes_is_found_no_more() -> None:
    table = table_of(iris=one_model())
    table.find("iris")
    with pytest.raises(ProblemError):
        table.changed(change(2, {"iris": None})).find("iris")


def test_a_key_that_goes_takes_its_callers_along_and_no_other() -> None:
    gone, stays = hashed("gone"), hashed("stays")
    keys = {gone: KeyRoute(id="k1", name="a"), stays: KeyRoute(id="k2", name="b")}
    shards = {token[:2]: {token: key} for token, key in keys.items()}
    table = Table().changed(change(1, keys=shards))
    table.callers = {"Bearer gone": Caller(keys[gone], gone), "Bearer stays": Caller(keys[stays], stays)}
    following = table.changed(change(2, keys={gone[:2]: {}}))
    assert (following.key(gone), following.key_by_id("k1")) == (None, None)
    assert following.key_by_id("k2") == keys[stays]
    assert list(following.callers) == ["Bearer stays"]


def test_a_request_without_a_version_is_recorded_without_its_body_where_a_version_hides_something() -> None:
    table = table_of(open=one_model(), closed=one_model(versions={1: version(recording=Recording(redact=["ssn"]))}))
    assert table.redaction_before_choice("open:7") is None
    assert table.redaction_before_choice("closed@gone") is not None
    assert table.redaction_before_choice("unknown") is None
