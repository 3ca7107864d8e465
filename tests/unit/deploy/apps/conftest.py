"""Apps over a real database, of models whose forms are known."""

from typing import Any

import pytest

from unshelf.contracts.errors import NotFound
from unshelf.contracts.permissions import Permission
from unshelf.contracts.references import parse_reference
from unshelf.contracts.signature import Column, Columns, Signature
from unshelf.deploy.apps.forms.definition import AppDefinition
from unshelf.deploy.apps.service import AppService
from unshelf.deploy.apps.subjects import app_source
from unshelf.deploy.trying.service import VersionInputs
from unshelf.foundation.access.actors import Actor, Grant
from unshelf.foundation.access.model_scopes import place_model
from unshelf.foundation.access.scopes import project_scope
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.search import kind_of
from unshelf.foundation.subjects import Subjects

MAKER = (Permission.APPS_USE, Permission.APPS_MANAGE, Permission.MODEL_READ, Permission.MODEL_PREDICT)
SIGNATURE = Signature(inputs=Columns(columns=[Column(name="size", type="float64")]))


def person(name: str, *permissions: Permission, project: str = "homes") -> Actor:
    grant = Grant(permissions=frozenset(permissions), scope=project_scope(project))
    return Actor(id=name, kind="user", label=name, grants=(grant,))


def wanted(**more: Any) -> AppDefinition:
    return AppDefinition.model_validate({"model": "priced", "title": "What is a house worth?", **more})


def form_of(_actor: Actor, ref: str) -> VersionInputs:
    model = parse_reference(ref).name
    if model not in ("priced", "elsewhere"):
        raise NotFound(f"There is no model {model!r}.")
    return VersionInputs(
        model=model, version=1, versions=[1], aliases={}, signature=SIGNATURE, inputs=[{"size": 80.0}], baseline=[]
    )


@pytest.fixture
def subjects() -> Subjects:
    made = Subjects()
    made.register(kind_of(app_source(), Permission.APPS_USE))
    return made


@pytest.fixture
def apps(database: Database, subjects: Subjects) -> AppService:
    """`priced` belongs to the project homes, `elsewhere` to another one."""
    with database.transaction() as session:
        place_model(session, "priced", "homes")
        place_model(session, "elsewhere", "others")
    return AppService(database, EventStore(database), subjects, form_of)
