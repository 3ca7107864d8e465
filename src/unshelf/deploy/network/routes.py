"""Networks of versions over HTTP."""

from unshelf.contracts.permissions import Permission
from unshelf.deploy.network.schemas import GrantedNetwork, GrantedNetworks, NetworkChange
from unshelf.deploy.registry.networks import NetworkService, NetworksOfModel, WantedNetwork
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter


def router(networks: NetworkService) -> ApiRouter:
    """`/models/{ref}/network`."""
    routes = ApiRouter(tags=["models"])

    @routes.get(
        "/models/{ref}/network",
        responses=problem_answers("not_found"),
        dependencies=[requires(Permission.MODEL_INSPECT, "ref")],
    )
    def show_network(ref: str) -> GrantedNetworks:
        """Show what the version named may reach; a name alone: each of the model's versions."""
        return _view(networks.show(ref))

    @routes.patch(
        "/models/{ref}/network",
        responses=problem_answers("not_found", "conflict"),
        dependencies=[requires(Permission.MODEL_DEPLOY, "ref")],
    )
    def change_network(ref: str, wanted: NetworkChange, actor: CurrentActor) -> GrantedNetworks:
        """Change what the version named may reach, or each of the model's, without a new deploy: its workers are replaced one after the
        other."""
        change = WantedNetwork(
            access=wanted.access, allow=tuple(wanted.allow), remove=tuple(wanted.remove), reason=wanted.reason
        )
        return _view(networks.change(ref, change, actor))

    return routes


def _view(shown: NetworksOfModel) -> GrantedNetworks:
    return GrantedNetworks(
        name=shown.name,
        versions=[
            GrantedNetwork(
                version=number, access=network.access, allow=list(network.allow), source=network.source,
                refused=shown.refused[number],
            )
            for number, network in shown.networks.items()
        ],
    )  # fmt: skip
