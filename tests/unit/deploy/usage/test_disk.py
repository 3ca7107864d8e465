"""Disk that is nobody's quota."""

from pathlib import Path

from sqlalchemy import update

from tests.support.actors import actor
from tests.support.deploying import Deploying
from unshelf.deploy.usage.disk import ENVIRONMENTS, RECORDS, OtherDisk
from unshelf.develop.environments.tables import EnvironmentRow
from unshelf.records.archive.files import open_archive


def test_records_are_their_models_projects_and_environments_are_everybodys(
    deploying: Deploying, tmp_path: Path
) -> None:
    deploying.projects.create(actor("admin"), "risk")
    deploying.register("loans", b"1", project="risk")
    folder = tmp_path / "predictions"
    file = folder / "parquet" / "model=loans" / "version=1" / "day=2026-11-30" / "a.parquet"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"x" * 100)
    with deploying.database.transaction() as session:
        session.execute(update(EnvironmentRow).values(bytes=7))
    with deploying.database.read() as session:
        found = {(use.name, use.project, use.model): use.size for use in OtherDisk(open_archive(folder))(session)}
    assert found[RECORDS, "risk", "loans"] == 100
    assert found[ENVIRONMENTS, "", ""] >= 7
