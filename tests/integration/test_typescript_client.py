"""A TypeScript client generated from the OpenAPI document compiles, knows every type that we know, and works."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.models import write_model
from tests.support.platform import Platform
from tests.support.training import BUILT, REPOSITORY

SOURCES = Path(__file__).parent / "typescript"
FREE_FORM = {
    "evidence", "after", "before", "detail", "rows", "options", "inputs", "outputs", "InvocationInputs", "predictions", "data",
    "params", "InferParameters", "confusion", "default", "preview", "wanted", "output", "hidden", "parameters", "results",
    "wanted_environment", "space", "body", "content", "ScenarioRequest", "ScenarioChange", "value", "facts",
}  # fmt: skip
"""Fields whose values differ from one entry to the next: evidence, rows of a query, options, what models take and
return, a column's default, what a request asks for, what scenarios and apps give a model, what jobs are given and left,
and what steps of pipelines come to."""
_COMPILER = (
    "--strict",
    "--noUncheckedIndexedAccess",
    "--exactOptionalPropertyTypes",
    "--module",
    "nodenext",
    "--target",
    "es2022",
)

pytestmark = pytest.mark.skipif(
    shutil.which("npm") is None, reason="npm is not installed: it brings TypeScript and the generator"
)


@pytest.fixture(scope="module")
def folder() -> Path:
    """A folder with TypeScript, the generator, and the types generated from the snapshot of the OpenAPI document."""
    folder = BUILT.parent / "typescript"
    folder.mkdir(parents=True, exist_ok=True)
    for source in SOURCES.iterdir():
        shutil.copy(source, folder)
    if not (folder / "node_modules" / ".bin" / "tsc").exists():
        _run("npm", "install", "--no-audit", "--no-fund", "--no-package-lock", cwd=folder)
    _run(
        "node_modules/.bin/openapi-typescript", str(REPOSITORY / "docs" / "reference" / "openapi.json"), "-o", "api.d.ts",
        cwd=folder,
    )  # fmt: skip
    return folder


@pytest.mark.long
def test_no_field_that_we_know_the_type_of_is_untyped(folder: Path) -> None:
    fields: dict[int, str] = {}  # by indentation: an open object's values belong to the field that holds it
    untyped = set()
    for line in (folder / "api.d.ts").read_text().splitlines():
        code = re.sub(r'"[^"]*"', '""', line.partition("/*")[0])
        if code.lstrip().startswith("*"):
            continue
        indent = len(code) - len(code.lstrip())
        if named := re.match(r"\s+(\w+)\??: ", code):
            fields[indent] = named.group(1)
        # Headers of an answer are open: more may come than the document names.
        if re.search(r"\b(unknown|any)\b", code) and "[name: string]: unknown" not in code:
            untyped.add(fields[max(each for each in fields if each <= indent and (named or each < indent))])
    assert untyped, "the free-form fields are untyped: nothing was read"
    assert untyped <= FREE_FORM


def test_a_generated_client_compiles_and_works(folder: Path, platform: Platform, tmp_path: Path) -> None:
    platform.cli("deploy", str(write_model(tmp_path / "typed", name="typed")))
    _run("node_modules/.bin/tsc", *_COMPILER, "--skipLibCheck", "client.ts", "node.d.ts", cwd=folder)
    said = json.loads(_run("node", "client.js", cwd=folder, environment=platform.environment()))
    assert "typed" in said.pop("names")
    assert said == {"cursor": None, "columns": ["a", "b"], "files": True, "checked": True, "code": "not_found"} | {
        "datatype": "FP64", "answered": "1", "hostReady": True,
    }  # fmt: skip


def _run(*command: str, cwd: Path, environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        command, cwd=cwd, env=environment or dict(os.environ), capture_output=True, text=True, timeout=250, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
