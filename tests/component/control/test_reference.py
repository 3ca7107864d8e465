"""The reference of the API is complete and true: each route has its heading there, with the permission it really asks for."""

import re
from pathlib import Path

from fastapi.routing import iter_route_contexts

from unshelf.foundation.web.guard import Requirement
from unshelf.server.wiring.control import Control

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "api.md"
ROUTE = re.compile(
    r"^### (\S+) (\S+)\n\nPermission: (none|to see the subject|`[^`]+`(?: or `[^`]+`)?(?:, [^.]+)?)\.", re.MULTILINE
)


def documented() -> dict[tuple[str, str], str]:
    """(verb, path) → permission and where, as the reference says."""
    return {(verb, path): requirement for verb, path, requirement in ROUTE.findall(REFERENCE.read_text())}


def served(control: Control) -> dict[tuple[str, str], str]:
    """(verb, path) → permission and where, as the app asks."""
    found = {}
    for route in iter_route_contexts(control.app.routes):
        asked = [one.call for one in route.dependant.dependencies if isinstance(one.call, Requirement)]
        for verb in route.methods or ():
            found[verb, str(route.path)] = in_words(asked[0])
    return found


def in_words(requirement: Requirement) -> str:
    if requirement.permission is None:
        return "to see the subject" if requirement.of_subject else "none"
    where = {
        "anywhere": requirement.anywhere, "on the model": requirement.model_from, "on the project": requirement.project_from,
        "on the subject": requirement.of_subject,
    }  # fmt: skip
    permission = f"`{requirement.permission}`"
    if requirement.otherwise is not None:
        permission += f" or `{requirement.otherwise}`"
    return ", ".join([permission, *(words for words, is_so in where.items() if is_so)])


def test_each_route_has_its_place_in_the_reference(control: Control) -> None:
    assert served(control) == documented()


def test_every_heading_of_the_reference_is_read_by_this_test() -> None:
    headings = [line for line in REFERENCE.read_text().splitlines() if line.startswith("### ")]
    assert len(headings) == len(documented())
