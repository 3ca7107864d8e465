"""Benches as they are found by words."""

from tests.unit.deploy.benches.conftest import BenchShop
from unshelf.deploy.benches.subjects import bench_source, benches_of_jobs
from unshelf.deploy.benches.tables import BenchRow


def test_a_bench_is_found_by_its_version_and_tiers(shop: BenchShop) -> None:
    id = shop.begin()
    with shop.jobs.database.read() as session:
        source = bench_source()
        (document,) = source.documents(session, list(session.scalars(source.names)))
    assert (document.title, document.page, document.subject.project) == ("credit:3", f"/benches/{id}", "risk")
    assert "bench" in document.text and "medium" in document.text


def test_the_job_of_a_tier_is_the_work_of_its_bench(shop: BenchShop) -> None:
    id = shop.begin()
    shop.step()
    other = shop.jobs.submit()
    with shop.jobs.database.read() as session:
        (job,) = [line["job"] for line in session.get_one(BenchRow, id).tiers if line.get("job")]
        (use,) = benches_of_jobs(session, None, [job, other])
        assert (use.job, use.name, use.page, use.owns) == (job, "credit:3", f"/benches/{id}", True)
        assert benches_of_jobs(session, None, [other]) == []
