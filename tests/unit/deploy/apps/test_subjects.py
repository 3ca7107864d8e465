"""Apps are found by title, text and labels, by those who may use them."""

from tests.unit.deploy.apps.conftest import MAKER, person, wanted
from unshelf.contracts.permissions import Permission
from unshelf.deploy.apps.service import AppService
from unshelf.deploy.apps.subjects import app_source
from unshelf.foundation.database.engine import Database
from unshelf.foundation.subjects import Subjects


def test_an_app_is_found_and_seen_by_who_may_use_it(apps: AppService, database: Database, subjects: Subjects) -> None:
    inputs = [{"name": "size", "label": "Living space"}]
    apps.save(person("ana", *MAKER), "worth", wanted(text="For sellers", inputs=inputs))
    with database.read() as session:
        [document] = app_source().documents(session, ["worth", "absent"])
        facts = subjects.find(session, "app", "worth")
    assert (document.title, document.text) == ("What is a house worth?", "worth For sellers Living space")
    assert (document.page, document.subject.model, document.subject.project) == ("/apps/worth", "priced", "homes")
    assert facts is not None
    assert subjects.may_see(person("uma", Permission.APPS_USE), facts)
    assert not subjects.may_see(person("sam", *MAKER, project="others"), facts)
