"""Files of datasets as quotas count them."""

from sqlalchemy import Select, String, cast, literal, select

from unshelf.develop.datasets.tables import DataNameRow, DatasetVersionRow
from unshelf.foundation.blob_holds import BlobHoldRow
from unshelf.manage.quotas.accounts import Account

HOLDER = "dataset/"


class DatasetFiles:
    """Finds the files that versions of datasets hold."""

    def files(self, account: Account) -> list[Select[str, int]]:
        """Select the files of all versions."""
        number = cast(DatasetVersionRow.number, String)
        holder = literal(HOLDER).concat(DatasetVersionRow.name).concat("@").concat(number)
        files = (
            select(BlobHoldRow.sha256, BlobHoldRow.size)
            .join(DatasetVersionRow, BlobHoldRow.holder == holder)
            .join(DataNameRow, DataNameRow.name == DatasetVersionRow.name)
        )
        return [files.where(account.covers(project=DataNameRow.project, by=DatasetVersionRow.created_by))]
