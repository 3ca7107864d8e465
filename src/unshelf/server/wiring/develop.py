"""Parts of the wing develop."""

from dataclasses import dataclass

from fastapi import APIRouter

from unshelf.contracts.permissions import Permission
from unshelf.develop.connections.service import ConnectionService
from unshelf.develop.data import routes as data_routes
from unshelf.develop.data.service import DataService
from unshelf.develop.datasets.names import DataNames
from unshelf.develop.datasets.processes import DataProcesses
from unshelf.develop.datasets.search import data_sources
from unshelf.develop.datasets.service import DatasetService
from unshelf.develop.datasets.usage import DatasetFiles
from unshelf.develop.environments import routes as environments_routes
from unshelf.develop.environments.build_work import BuildTools
from unshelf.develop.environments.builds import BuildService
from unshelf.develop.environments.details import EnvironmentDetails
from unshelf.develop.environments.named import NamedEnvironmentService
from unshelf.develop.environments.names import named_sources
from unshelf.develop.environments.service import EnvironmentService
from unshelf.runtime.blobs.port import BlobSettings
from unshelf.runtime.sealing import Sealer
from unshelf.server.wiring.base import BaseParts
from unshelf.server.wiring.manage import ManageParts


@dataclass(frozen=True, kw_only=True)
class DevelopParts:
    """Parts of the wing develop."""

    environments: EnvironmentService
    details: EnvironmentDetails
    """Shows environments; capabilities whose things run in some register with it."""
    datasets: DatasetService
    connections: ConnectionService
    data: DataService
    routers: list[APIRouter]


def build_develop(base: BaseParts, manage: ManageParts) -> DevelopParts:
    """Build the parts of the wing develop."""
    environments, details, environments_router = _build_environments(base, manage)
    names = DataNames(base.database, base.events, base.refusals, base.subjects, manage.projects.is_open)
    for source in data_sources():
        base.search_sources.register(source)
    settings = BlobSettings(setting=base.config.blobs, folder=base.home.blobs, s3_endpoint=base.config.s3_endpoint)
    processes = DataProcesses(base.home.run)
    datasets = DatasetService(
        base.database, names, base.blobs, settings, processes, uploads=base.uploads, quotas=manage.quotas.service
    )
    manage.quotas.service.add_disk(DatasetFiles())
    connections = ConnectionService(
        base.database, names, processes, Sealer(base.home.secrets_key), hosts=base.config.data_hosts,
        folders=base.config.data_folders,
    )  # fmt: skip
    data = DataService(base.database, names, datasets, connections)
    routers = [environments_router, data_routes.router(data, datasets, connections)]
    return DevelopParts(
        environments=environments, details=details, datasets=datasets, connections=connections, data=data,
        routers=routers,
    )  # fmt: skip


def _build_environments(
    base: BaseParts, manage: ManageParts
) -> tuple[EnvironmentService, EnvironmentDetails, APIRouter]:
    people = manage.people
    environments = EnvironmentService(
        base.database, groups_of=lambda session, user: people.actors.groups_among(session, [user])[user]
    )
    of_projects, curated = named_sources()
    base.add_kind(of_projects, Permission.ENVIRONMENTS_READ)
    base.add_kind(curated, Permission.ENVIRONMENTS_READ, anywhere=True)
    named = NamedEnvironmentService(base.database, base.events, base.subjects, environments, manage.holders)
    details = EnvironmentDetails(base.database, environments, base.host)
    tools = BuildTools(database=base.database, events=base.events, environments=environments, host=base.host)
    builds = BuildService(tools, base.loops)
    return environments, details, environments_routes.router(environments, named, details, builds)
