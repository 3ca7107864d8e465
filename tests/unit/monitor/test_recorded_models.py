"""A project counts as monitored once predictions of a live model of it are recorded, archived or not."""

from pathlib import Path

from tests.support.deploying import ANA, Deploying
from tests.support.segments import record, write
from unshelf.contracts.routing import Share
from unshelf.monitor.recorded_models import RecordedModels
from unshelf.records.archive.files import Archive


def test_records_of_live_models_prove_it(tmp_path: Path) -> None:
    deploying = Deploying(tmp_path)
    folder = tmp_path / "predictions"
    folder.mkdir()
    for name in ("iris", "rose"):
        deploying.register(name)
    recorded = RecordedModels(Archive(folder), deploying.ledger)

    def stages(*projects: str) -> dict[str, str]:
        with deploying.database.read() as session:
            return dict(recorded.stages(session, projects))

    write(folder / "1-0-a.seg", record(1))
    assert stages("default") == {}  # nothing is live
    with deploying.database.transaction() as session:
        deploying.ledger.replace(session, "rose", [Share(version=1, percent=100.0)], ANA)
    assert stages("default") == {}  # the records are of another model
    with deploying.database.transaction() as session:
        deploying.ledger.replace(session, "iris", [Share(version=1, percent=100.0)], ANA)
    assert stages("default", "other") == {}  # a list does not look into segments
    assert stages("default") == stages("default", "other") == {"default": "monitor"}
    deploying.database.dispose()
