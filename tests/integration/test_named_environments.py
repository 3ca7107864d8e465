"""Named environments on a running platform, with real packages: made, deployed into, extended, exported, rebuilt without a network."""

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

from uv import find_uv_bin

from tests.support.models import write_model
from tests.support.platform import Platform


def files_in(environment: Path) -> dict[str, str]:
    """The files of packages: path → digest; without what an installer writes."""
    (site,) = environment.glob("lib/python*/site-packages")
    return {
        str(path.relative_to(site)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in site.rglob("*")
        if (path.is_file() and path.suffix in (".py", ".txt", ".so")) or path.name in ("METADATA", "WHEEL")
    }


def test_a_model_runs_in_a_named_environment_that_a_validator_rebuilds(platform: Platform, tmp_path: Path) -> None:
    """Given an environment that a project made of another one, when a model is deployed into it, then version, name and page show the
    same hash; and what is exported of the model builds the same files where there is no network."""
    platform.cli("environments", "create", "science", "six==1.16.0", "--curated")
    platform.cli("environments", "add", "packaging", "--to", "scoring", "--base", "science")
    folder = write_model(tmp_path / "model", name="scored")
    recipe = folder / "unshelf.toml"
    recipe.write_text(recipe.read_text().replace("requirements = []", 'name = "scoring"'))

    platform.cli("deploy", str(folder))

    version = platform.http.get("/api/v1/models/scored").json()["version"]
    named = json.loads(platform.cli("environments", "show", "scoring", "--json").stdout)
    assert version["environment"] == named["hash"]
    assert [each["name"] for each in named["used_by"]] == ["scored:1"]
    assert {"six": "1.16.0"}.items() <= {each["name"]: each["version"] for each in named["packages"]}.items()
    assert platform.predict("scored", [{"a": 1.0, "b": 41.0}]) == [42.0]

    out = tmp_path / "out"
    platform.cli("environments", "export", "scored:1", "--to", str(out))
    outside = ["unshare", "--map-root-user", "--net"] if shutil.which("unshare") else []
    if outside and subprocess.run([*outside, "true"], check=False, capture_output=True).returncode:
        outside = []
    for line in (out / "README.md").read_text().splitlines():
        if line.startswith("    uv "):
            command = [
                *outside,
                find_uv_bin(),
                *line.split()[1:],
                "--no-config",
                "--cache-dir",
                str(tmp_path / "cache"),
            ]
            subprocess.run(command, cwd=out, check=True, capture_output=True)
    assert files_in(out / ".venv") == files_in(platform.home / "environments" / named["hash"])


def test_a_failure_names_the_package(platform: Platform) -> None:
    said = platform.cli("environments", "create", "impossible", "six==0.0.1", check=False)
    assert said.returncode == 1
    assert "six==0.0.1" in said.stderr
    assert platform.http.get("/api/v1/environments/names/impossible").status_code == 404
