"""An app as a value: who may manage it depends on who asks, and on the scope of its model."""

from tests.unit.deploy.apps.conftest import MAKER, person, wanted
from unshelf.contracts.permissions import Permission
from unshelf.deploy.apps.app import WHAT_IF, app_of, version_of
from unshelf.deploy.apps.tables import AppRow, AppVersionRow
from unshelf.foundation.access.scopes import model_scope
from unshelf.foundation.clock import now


def test_who_may_manage_it_is_told_apart() -> None:
    row = AppRow(
        name="worth", kind=WHAT_IF, model="priced", title="t", version=1, owner="ana", owner_kind="user",
        owner_label="ana", created_at=now(), created_by="ana", changed_at=now(),
    )  # fmt: skip
    scope = model_scope("priced", project="homes")
    askers = (person("ana", *MAKER), person("uma", Permission.APPS_USE), person("sam", *MAKER, project="others"), None)
    assert [app_of(row, scope, asker).may_manage for asker in askers] == [True, False, False, False]
    assert app_of(row, scope, None).project == "homes"


def test_a_stored_definition_is_read_back() -> None:
    definition = wanted(answer={"text": "{prediction}"}, embed=["https://a.example.org"])
    row = AppVersionRow(
        app="worth",
        number=2,
        definition=definition.model_dump(mode="json"),
        restored=1,
        created_at=now(),
        created_by="ana",
    )
    assert (version_of(row).definition, version_of(row).restored) == (definition, 1)
