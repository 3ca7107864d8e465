"""An upgrade with a migration while the server runs and callers ask: the earlier program is this one without its newest tables."""

import shutil
import subprocess
from pathlib import Path

import psutil
import pytest

import unshelf
from tests.support.models import write_model
from tests.support.platform import UNSHELF, running_platform
from tests.support.steady_load import SteadyLoad
from tests.support.waiting import wait_until
from unshelf.server.backups.upgrade import known_revisions

MIGRATIONS = Path("unshelf/foundation/database/migrations/versions")


@pytest.mark.long
@pytest.mark.timeout(600)
def test_the_database_is_migrated_and_nobody_s_prediction_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = tmp_path / "earlier"
    shutil.copytree(Path(unshelf.__file__).parent, earlier / "unshelf", ignore=shutil.ignore_patterns("__pycache__"))
    _, newest = known_revisions()
    (newest_file,) = (earlier / MIGRATIONS).glob(f"v{newest}_*.py")
    newest_file.unlink()
    with monkeypatch.context() as patch:
        patch.setenv("PYTHONPATH", str(earlier))
        platform = running_platform(tmp_path / "home", gateways="1", drain_seconds="1")
        with platform as running:
            running.cli("deploy", str(write_model(tmp_path / "adder", name="adder")))
            load = SteadyLoad(running, "adder", {"inputs": [{"a": 1.0, "b": 2.0}]})
            try:
                wait_until(lambda: len(load.answered) > 30)
                environment = psutil.Process(running.process.pid).environ()
                del environment["PYTHONPATH"]
                command = [*UNSHELF, "--home", str(running.home), "reload", "--from-environment"]
                planned = subprocess.run(
                    [*command, "--dry-run"], env=environment, capture_output=True, text=True, check=False
                )
                assert f"→ {newest}" in planned.stdout and "predictions go on" in planned.stdout, planned.stderr
                done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
                assert done.returncode == 0, done.stderr
                assert "backup" in done.stdout and "stopping control" in done.stderr
                asked = len(load.answered)
                wait_until(lambda: len(load.answered) > asked + 30)
            finally:
                load.end()
            assert load.failed == []
            recorded = [record["id"] for record in running.records("adder")]
            assert set(load.answered) <= set(recorded) and len(recorded) == len(set(recorded))
            assert list((running.home / "backups").iterdir())
