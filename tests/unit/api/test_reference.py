"""The reference of the API is complete and true: each route has its heading there, with the role it really asks for."""

import re
from pathlib import Path

from fastapi.routing import iter_route_contexts

from unshelf.manage.access import Requirement
from unshelf.server.wiring import Control

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "api.md"
ROUTE = re.compile(r"^### (\S+) (\S+)\n\nRole: (\w+)", re.MULTILINE)


def documented() -> dict[tuple[str, str], str]:
    """(verb, path) → role, as the reference tells."""
    return {(verb, path): role for verb, path, role in ROUTE.findall(REFERENCE.read_text())}


def served(control: Control) -> dict[tuple[str, str], str]:
    """(verb, path) → role, as the app asks."""
    found = {}
    for route in iter_route_contexts(control.app.routes):
        roles = [one.call.role for one in route.dependant.dependencies if isinstance(one.call, Requirement)]
        for verb in route.methods or ():
            found[verb, str(route.path)] = roles[0]
    return found


def test_each_route_has_its_place_in_the_reference(control: Control) -> None:
    assert served(control) == documented()


def test_every_heading_of_the_reference_is_read_by_this_test() -> None:
    headings = [line for line in REFERENCE.read_text().splitlines() if line.startswith("### ")]
    assert len(headings) == len(documented())
