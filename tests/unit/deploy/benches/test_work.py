"""Benches from one tier to the next: one at a time, each tier by a job of the version's own, and nothing begun twice."""

import msgspec
import pytest

from tests.unit.deploy.benches.conftest import MEASURE, RESULT, BenchShop
from unshelf.contracts.protocols.data import ColumnProfile
from unshelf.deploy.benches.work import holder_of
from unshelf.foundation.blob_holds import held_among


def states(shop: BenchShop, id: str) -> list[tuple[str, str]]:
    return [(line.tier, line.state) for line in shop.service.show(shop.ana, id).tiers]


def test_tiers_are_measured_one_after_the_other_and_priced(shop: BenchShop) -> None:
    id = shop.begin(callers=4, seconds=2.0)
    assert states(shop, id) == [("small", "waiting"), ("medium", "waiting"), ("large", "unfit")]
    shop.step()
    shop.step()
    assert states(shop, id) == [("small", "measuring"), ("medium", "waiting"), ("large", "unfit")]
    first = shop.service.show(shop.ana, id).tiers[0].job
    assert first is not None
    shop.run(first, results=RESULT)
    shop.step()
    second = shop.service.show(shop.ana, id).tiers[1].job
    assert second is not None and second != first
    shop.run(second, status=1, results={"failure": "It broke.", "hint": ""})
    shop.step()
    found = shop.service.show(shop.ana, id)
    assert (found.state, found.currency) == ("succeeded", "EUR")
    assert [(line.state, line.reason[:9]) for line in found.tiers] == [
        ("measured", ""),
        ("failed", "It broke."),
        ("unfit", "The machi"),
    ]
    assert found.tiers[0].price == 3.6
    assert found.tiers[0].result is not None and found.tiers[0].result.measures[0].cost == 0.01
    assert found.started_at is not None and found.ended_at is not None


def test_the_job_is_the_versions_own_and_its_use_is_a_benchs(shop: BenchShop) -> None:
    id = shop.begin(tiers=["small"])
    shop.step()
    shop.jobs.turn()
    (order,) = shop.jobs.launcher.orders
    assert (order.use, order.model, order.tier, order.environment) == ("bench", "credit", "small", "e" * 64)
    assert order.command == ["worker/bench/__main__.py"] and order.command[0] in {file.path for file in order.code}
    assert (order.variables, order.network.access) == ({"HOW": "fast"}, "none")
    assert [(each.variable, [file.path for file in each.files]) for each in order.inputs] == [
        ("UNSHELF_DATA_MODEL", ["m.pkl"]), ("UNSHELF_DATA_CHUNKS", ["plan.json"]),
    ]  # fmt: skip
    plan = msgspec.json.decode(shop.jobs.blobs.read(order.inputs[1].files[0].sha256))
    assert plan["config"]["limits"] == {"groups": [], "memory_bytes": 1 << 30, "memory_text": "1 GiB"}
    assert (plan["config"]["granted"], plan["secrets"], plan["callers"]) == ([], ["TOKEN"], [1, 8])
    assert plan["config"]["signature"]["inputs"]["columns"] == [{"name": "a", "type": "int64"}]
    assert shop.service.show(shop.ana, id).tiers[0].job == order.job


def test_control_groups_hold_the_memory_where_there_are_any(shop: BenchShop) -> None:
    shop.machine.cgroups_writable = True
    shop.begin(tiers=["small"])
    shop.step()
    shop.jobs.turn()
    (order,) = shop.jobs.launcher.orders
    plan = msgspec.json.decode(shop.jobs.blobs.read(order.inputs[1].files[0].sha256))
    assert plan["config"]["limits"]["memory_bytes"] == 0


def test_a_version_without_an_example_gets_rows_like_its_baseline(shop: BenchShop) -> None:
    shop.baseline = [ColumnProfile(name="a", type="integer", count=9, gaps=0, minimum=1, maximum=5, mean=3.0)]
    shop.begin(tiers=["small"])
    shop.step()
    shop.jobs.turn()
    plan = msgspec.json.decode(shop.jobs.blobs.read(shop.jobs.launcher.orders[0].inputs[1].files[0].sha256))
    assert len(plan["table"]) == 64 and all(1 <= row[0] <= 5 for row in plan["table"])


def test_one_bench_at_a_time_is_measured(shop: BenchShop) -> None:
    first, second = shop.begin(tiers=["small"]), shop.begin(tiers=["small"])
    shop.step()
    shop.step()
    assert [shop.service.show(shop.ana, id).state for id in (first, second)] == ["measuring", "waiting"]
    job = shop.service.show(shop.ana, first).tiers[0].job
    assert job is not None
    shop.run(job, results=RESULT)
    shop.step()
    shop.step()
    assert [shop.service.show(shop.ana, id).state for id in (first, second)] == ["succeeded", "measuring"]


def test_where_nothing_could_be_measured_it_failed_with_the_first_reason(shop: BenchShop) -> None:
    id = shop.begin(tiers=["large"])
    shop.step()
    found = shop.service.show(shop.ana, id)
    assert (found.state, found.reason[:28]) == ("failed", "large: The machine has 2 of ")
    id = shop.begin(tiers=["small"])
    shop.step()
    job = shop.service.show(shop.ana, id).tiers[0].job
    assert job is not None
    shop.run(job, results=RESULT | {"measures": [MEASURE | {"requests": -1}]})
    shop.step()
    found = shop.service.show(shop.ana, id)
    assert found.state == "failed" and "results that can't be read" in found.reason


def test_a_step_that_is_cut_off_is_done_again_with_one_job(shop: BenchShop) -> None:
    id = shop.begin(tiers=["small"])
    shop.work.follow()
    claim = shop.jobs.loops._claims.take("benches")
    assert claim is not None
    row = shop.work._row(id)
    line = shop.service.show(shop.ana, id).tiers[0]
    job, _ = shop.work._submitted(row, line)  # control dies here
    shop.work.work(claim)
    assert shop.service.show(shop.ana, id).tiers[0].job == job
    assert len(shop.jobs.states()) == 1


def test_who_may_nothing_any_more_ends_the_tier(shop: BenchShop) -> None:
    id = shop.begin(tiers=["small"])
    shop.jobs.people.clear()
    shop.step()
    found = shop.service.show(shop.ana, id)
    assert found.state == "failed" and "may do nothing here any more" in found.reason


def test_a_job_that_somebody_cancels_ends_the_bench(shop: BenchShop) -> None:
    id = shop.begin()
    shop.step()
    job = shop.service.show(shop.ana, id).tiers[0].job
    assert job is not None
    shop.jobs.service.cancel(shop.ana, job)
    shop.step()
    assert shop.service.show(shop.ana, id).state == "cancelled"
    assert states(shop, id) == [("small", "cancelled"), ("medium", "cancelled"), ("large", "unfit")]


@pytest.mark.runs_program
def test_rows_that_were_uploaded_are_read_outside_control_and_let_go_at_the_end(shop: BenchShop) -> None:
    file = shop.jobs.upload(shop.ana, b"a\n1\n2\n", "rows.csv")
    id = shop.begin(tiers=["small"], files=[file])
    shop.step()
    shop.jobs.turn()
    (order,) = shop.jobs.launcher.orders
    chunk, plan = order.inputs[1].files
    assert shop.jobs.blobs.read(chunk.sha256) == b"2 [[1],[2]]\n"
    with shop.jobs.database.read() as session:
        assert held_among(session, [file.sha256, chunk.sha256]) == {file.sha256, chunk.sha256}
    shop.run(order.job, results=RESULT)
    shop.step()
    assert shop.service.show(shop.ana, id).data == "rows.csv"
    with shop.jobs.database.read() as session:
        assert not held_among(session, [file.sha256, chunk.sha256, plan.sha256])
    assert holder_of(id, "rows") == f"bench/{id}/rows"
