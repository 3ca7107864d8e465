"""Lock files of other tools become exact requirements with the hashes that they give."""

import json
from pathlib import Path

import pytest

from unshelf.client.bundling.lock_files import lines_of_pipfile_lock, lines_of_poetry_lock, lines_of_uv_lock
from unshelf.client.bundling.requirements import marker_environment
from unshelf.client.bundling.requirements_file import parse_requirements
from unshelf.client.errors import InvalidModel

A, B = "a" * 64, "b" * 64
UV = f"""
version = 1
requires-python = ">=3.10"

[[package]]
name = "project"
version = "0.1.0"
source = {{ virtual = "." }}
dependencies = [
    {{ name = "numpy", version = "1.26.4", source = {{ registry = "https://pypi.org/simple" }}, marker = "python_full_version < '3.12'" }},
    {{ name = "numpy", version = "2.4.0", source = {{ registry = "https://pypi.org/simple" }}, marker = "python_full_version >= '3.12'" }},
    {{ name = "fork" }},
    {{ name = "web", extra = ["fast"] }},
    {{ name = "near" }},
]
[package.dev-dependencies]
dev = [{{ name = "pytest" }}]

[[package]]
name = "numpy"
version = "1.26.4"
source = {{ registry = "https://pypi.org/simple" }}
sdist = {{ url = "https://x/numpy.tar.gz", hash = "sha256:{A}" }}
wheels = [{{ url = "https://x/numpy.whl", hash = "sha256:{B}" }}]

[[package]]
name = "numpy"
version = "2.4.0"
source = {{ registry = "https://pypi.org/simple" }}

[[package]]
name = "fork"
version = "4.9.0"
source = {{ git = "https://git.acme.org/fork?rev=v1&subdirectory=python#4e33" }}
dependencies = [{{ name = "six" }}]

[[package]]
name = "web"
version = "1.0"
source = {{ registry = "https://pypi.org/simple" }}
[package.optional-dependencies]
fast = [{{ name = "speedups" }}]

[[package]]
name = "speedups"
version = "2.0"
source = {{ registry = "https://pypi.org/simple" }}

[[package]]
name = "six"
version = "1.17.0"
source = {{ registry = "https://pypi.org/simple" }}

[[package]]
name = "near"
version = "1.0"
source = {{ directory = "libs/near" }}

[[package]]
name = "pytest"
version = "9.0"
source = {{ registry = "https://pypi.org/simple" }}
"""


def test_a_uv_lock_is_followed_from_its_project(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text(UV)
    lines = lines_of_uv_lock(tmp_path / "uv.lock", marker_environment("3.11"))
    assert lines == [
        "fork @ git+https://git.acme.org/fork@4e33#subdirectory=python",
        "near @ ./libs/near",
        f"numpy==1.26.4 --hash=sha256:{B} --hash=sha256:{A}",
        "six==1.17.0",
        "speedups==2.0",
        "web==1.0",
    ]
    assert "numpy==2.4.0" in lines_of_uv_lock(tmp_path / "uv.lock", marker_environment("3.12"))
    parse_requirements(lines, folder=tmp_path, origin="uv.lock")


def test_a_uv_lock_of_another_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text("version = 1\n")
    with pytest.raises(InvalidModel, match="no project of this folder"):
        lines_of_uv_lock(tmp_path / "uv.lock", marker_environment("3.11"))


def test_a_poetry_lock_gives_its_main_group(tmp_path: Path) -> None:
    (tmp_path / "poetry.lock").write_text(f"""
[[package]]
name = "six"
version = "1.17.0"
optional = false
groups = ["main", "dev"]
files = [{{ file = "six.whl", hash = "sha256:{A}" }}]
markers = "python_version >= '3.10'"

[[package]]
name = "pytest"
version = "9.0"
optional = false
groups = ["dev"]
files = []

[[package]]
name = "maybe"
version = "1.0"
optional = true
groups = ["main"]
files = []

[[package]]
name = "fork"
version = "1.0"
optional = false
files = []
[package.source]
type = "git"
url = "https://git.acme.org/fork"
reference = "main"
resolved_reference = "4e33"
""")
    assert lines_of_poetry_lock(tmp_path / "poetry.lock") == [
        f"six==1.17.0 ; python_version >= '3.10' --hash=sha256:{A}",
        "fork @ git+https://git.acme.org/fork@4e33",
    ]


def test_a_pipfile_lock_gives_its_default_packages(tmp_path: Path) -> None:
    content = {
        "default": {
            "six": {"version": "==1.17.0", "hashes": [f"sha256:{A}"], "markers": "python_version >= '3.10'"},
            "web": {"version": "==1.0", "extras": ["fast"], "hashes": []},
            "fork": {"git": "https://git.acme.org/fork", "ref": "4e33"},
            "near": {"path": "./near", "editable": True},
        },
        "develop": {"pytest": {"version": "==9.0"}},
    }
    (tmp_path / "Pipfile.lock").write_text(json.dumps(content))
    assert lines_of_pipfile_lock(tmp_path / "Pipfile.lock") == [
        f"six==1.17.0 ; python_version >= '3.10' --hash=sha256:{A}",
        "web[fast]==1.0",
        "fork @ git+https://git.acme.org/fork@4e33",
        "near @ ./near",
    ]
