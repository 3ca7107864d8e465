"""The home folder: paths that other tests and tools rely on, known to every side from one place."""

import subprocess
import sys
from pathlib import Path

import pytest

from unshelf.contracts.errors import UnshelfError
from unshelf.contracts.home import Home, home_folder

PATHS = {
    "admin_token": "admin-token", "secrets_key": "secrets-key", "installation": "installation.json", "held_secrets": "held-secrets",
    "blobs": "blobs", "bundles": "bundles", "manifests": "manifests",
    "environments": "environments", "jobs": "jobs", "job_files": "job-files",
    "predictions": "predictions", "meter": "meter.json", "deferred": "deferred", "logs": "logs",
    "worker_logs": "logs/workers", "cache": "cache", "run": "run", "metrics": "run/metrics", "address": "run/address", "lock": "run/lock",
    "control_lock": "run/control.lock", "backups": "backups", "backup_lock": "run/backup.lock",
}  # fmt: skip
OVERVIEW = Path(__file__).parents[3] / "docs" / "architecture" / "00-overview.md"
_THIRD_PARTY = """
import sys
before = set(sys.modules)
import unshelf.contracts.home
loaded = {name.partition(".")[0] for name in set(sys.modules) - before}
print(*sorted(loaded - set(sys.stdlib_module_names) - {"unshelf"}))
"""


@pytest.mark.parametrize(("name", "path"), PATHS.items())
def test_paths_stay_where_they_are(name: str, path: str) -> None:
    assert getattr(Home(Path("/home")), name) == Path("/home") / path


def test_every_path_is_known_here_and_documented() -> None:
    home = Home(Path("/home"))
    assert vars(home).keys() - {"folder", "routing"} == PATHS.keys()
    page = OVERVIEW.read_text()
    for name, path in PATHS.items():
        first, _, rest = path.partition("/")
        assert first in page and rest.partition("/")[0] in page, name


def test_the_home_folder_is_that_of_the_variable_or_the_usual_one(tmp_path: Path) -> None:
    assert home_folder({"UNSHELF_HOME": str(tmp_path)}) == tmp_path
    assert home_folder({"UNSHELF_HOME": "~/models"}) == Path.home() / "models"
    assert home_folder({}) == home_folder({"UNSHELF_HOME": ""}) == Path.home() / ".unshelf"


@pytest.mark.runs_program
def test_a_client_needs_nothing_but_msgspec_to_find_it() -> None:
    done = subprocess.run([sys.executable, "-c", _THIRD_PARTY], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) - {"typing_extensions"} == {"msgspec"}  # msgspec loads that one where it finds it


def test_a_user_without_a_home_folder_is_told_to_name_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", lambda _uid: (_ for _ in ()).throw(KeyError("nobody knows this user")))
    with pytest.raises(UnshelfError, match="no home folder") as refused:
        home_folder({})
    assert "UNSHELF_HOME" in refused.value.hint
