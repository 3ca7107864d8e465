"""Fills a platform, part by part, with progress."""

import time
from pathlib import Path
from typing import Any

from rich.console import Console

from unshelf.cli.demo.full.parts import PARTS
from unshelf.cli.demo.full.stage import Stage
from unshelf.cli.lazy import load
from unshelf.client.client import Client


def fill_platform(client: Client, out: Console, home: Path | None = None) -> list[dict[str, Any]]:
    """Fill each part; `home`: the platform's home folder, where the demo made it.

    Returns for each its name, a few words on what there is, and the seconds that it took."""
    stage, done = Stage(client, home), []
    try:
        for number, (name, where) in enumerate(PARTS.items(), start=1):
            began = time.monotonic()
            with out.status(f"{number}/{len(PARTS)} {name}"):
                what = load(where)(stage)
            seconds = time.monotonic() - began
            out.print(f"{number}/{len(PARTS)} {name}: {what} ({seconds:.1f} s)", markup=False)
            done.append({"part": name, "what": what, "seconds": seconds})
    finally:
        stage.close()
    return done
