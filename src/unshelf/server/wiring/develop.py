"""Parts of the wing develop."""

from dataclasses import dataclass

from fastapi import APIRouter

from unshelf.develop.connections.service import ConnectionService
from unshelf.develop.data import routes as data_routes
from unshelf.develop.data.service import DataService
from unshelf.develop.datasets.names import DataNames
from unshelf.develop.datasets.processes import DataProcesses
from unshelf.develop.datasets.search import data_sources
from unshelf.develop.datasets.service import DatasetService
from unshelf.develop.datasets.usage import DatasetFiles
from unshelf.develop.environments import routes as environments_routes
from unshelf.develop.environments.service import EnvironmentService
from unshelf.runtime.blobs.port import BlobSettings
from unshelf.runtime.sealing import Sealer
from unshelf.server.wiring.base import BaseParts
from unshelf.server.wiring.manage import ManageParts


@dataclass(frozen=True, kw_only=True)
class DevelopParts:
    """Parts of the wing develop."""

    environments: EnvironmentService
    datasets: DatasetService
    connections: ConnectionService
    data: DataService
    routers: list[APIRouter]


def build_develop(base: BaseParts, manage: ManageParts) -> DevelopParts:
    """Build the parts of the wing develop."""
    people = manage.people
    environments = EnvironmentService(
        base.database, groups_of=lambda session, user: people.actors.groups_among(session, [user])[user]
    )
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
    routers = [environments_routes.router(environments), data_routes.router(data, datasets, connections)]
    return DevelopParts(
        environments=environments, datasets=datasets, connections=connections, data=data, routers=routers
    )
