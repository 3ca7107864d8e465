"""Files of versions as quotas count them, also while they are being deployed."""

from sqlalchemy import Select, func, select

from unshelf.deploy.bundles.tables import BundleFileRow
from unshelf.deploy.deploys.tables import DeployRow
from unshelf.deploy.registry.tables import VersionRow
from unshelf.foundation.access.scopes import DEFAULT_PROJECT
from unshelf.foundation.access.tables import ModelAccessRow
from unshelf.manage.quotas.accounts import Account


class VersionFiles:
    """Finds the files of bundles."""

    def files(self, account: Account) -> list[Select[str, int]]:
        """Select the files of versions, and of deploys under way."""
        columns = select(BundleFileRow.sha256, BundleFileRow.size)
        of_versions = (
            columns.join(VersionRow, VersionRow.bundle == BundleFileRow.bundle)
            .join(ModelAccessRow, ModelAccessRow.model == VersionRow.model)
            .where(account.covers(project=ModelAccessRow.project, by=VersionRow.created_by))
        )
        project = func.coalesce(DeployRow.project, DEFAULT_PROJECT)
        of_deploys = columns.join(DeployRow, DeployRow.bundle == BundleFileRow.bundle).where(
            DeployRow.state == "running", account.covers(project=project, by=DeployRow.created_by)
        )
        return [of_versions, of_deploys]
