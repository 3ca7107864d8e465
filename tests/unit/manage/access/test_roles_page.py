"""The page of roles says who may do what, exactly as it is."""

import re
from pathlib import Path

from unshelf.contracts.permissions import Permission
from unshelf.manage.access.roles import Roles

PAGE = Path(__file__).parents[4] / "docs" / "concepts" / "roles.md"


def test_the_table_of_who_may_do_what_is_that_of_the_code() -> None:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in PAGE.read_text().splitlines()
        if line.startswith("| ")
    ]
    (_, *names), *permissions = rows
    assert names == [role.name for role in Roles().all()]
    assert {row[0].strip("`") for row in permissions} == set(Permission)
    for permission, *cells in permissions:
        allowed = [name for name, cell in zip(names, cells, strict=True) if cell == "yes"]
        wanted = re.sub("`", "", permission)
        assert allowed == [role.name for role in Roles().all() if wanted in role.permissions], permission
