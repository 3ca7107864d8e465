"""Parts for people who ask models on pages: trying versions out, scenarios, apps."""

from collections.abc import Callable
from dataclasses import dataclass

from unshelf.contracts.permissions import Permission
from unshelf.contracts.protocols.data import ColumnProfile
from unshelf.deploy.apps import embedding_routes
from unshelf.deploy.apps import routes as apps_routes
from unshelf.deploy.apps.asking import AppAsking
from unshelf.deploy.apps.owned_apps import OwnedApps
from unshelf.deploy.apps.pace import TokenPace
from unshelf.deploy.apps.service import AppService
from unshelf.deploy.apps.subjects import app_source
from unshelf.deploy.apps.tokens import AppTokenService
from unshelf.deploy.model_api import routes as model_api_routes
from unshelf.deploy.registry.service import RegistryService
from unshelf.deploy.scenarios import routes as scenarios_routes
from unshelf.deploy.scenarios.owned_scenarios import OwnedScenarios
from unshelf.deploy.scenarios.service import ScenarioService
from unshelf.deploy.scenarios.subjects import scenario_source
from unshelf.deploy.trying import routes as trying_routes
from unshelf.deploy.trying.service import TryService
from unshelf.deploy.trying.turns import TryTurns
from unshelf.foundation.access.model_scopes import ModelScopes
from unshelf.foundation.prediction_client import PredictionClient
from unshelf.foundation.web.routers import ApiRouter
from unshelf.server.wiring.base import BaseParts
from unshelf.server.wiring.manage import ManageParts


@dataclass(frozen=True, kw_only=True)
class AskingParts:
    """Parts for people who ask models on pages."""

    apps: AppService
    routers: list[ApiRouter]


def build_asking(
    base: BaseParts,
    manage: ManageParts,
    registry: RegistryService,
    predictions: PredictionClient,
    baseline_of: Callable[[str, int], list[ColumnProfile]],
) -> AskingParts:
    """Build them."""
    turns = TryTurns()
    tries = TryService(
        inspect=registry.inspect, scope_of=ModelScopes(base.database).of, baseline_of=baseline_of,
        read_blob=base.blobs.read, predict=predictions.predict, turns=turns,
    )  # fmt: skip
    scenarios = ScenarioService(base.database, base.events, registry.has_model)
    apps = AppService(base.database, base.events, base.subjects, tries.form)
    for keeps in (scenarios, apps):
        base.subjects.on_removed(keeps.forget)
    base.add_kind(app_source(), Permission.APPS_USE)
    base.add_kind(scenario_source(), Permission.MODEL_PREDICT)
    people = manage.people
    people.users.add_keeper(OwnedApps(apps))
    people.users.add_keeper(OwnedScenarios(scenarios))
    asking = AppAsking(current=people.identity.current, predict=predictions.predict, turns=turns)
    tokens = AppTokenService(base.database, apps)
    routers = [
        trying_routes.router(tries),
        model_api_routes.router(tries.form),
        scenarios_routes.router(scenarios),
        apps_routes.router(apps, asking),
        embedding_routes.router(tokens, asking, TokenPace()),
    ]
    return AskingParts(apps=apps, routers=routers)
