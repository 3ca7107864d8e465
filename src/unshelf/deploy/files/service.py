"""Reading the files of a version as they were deployed: for those who may see what it is made of, and an example for those who may
read the model's data."""

from collections.abc import Callable, Iterator

from unshelf.contracts.bundle import BundleFile
from unshelf.contracts.errors import NotFound
from unshelf.contracts.permissions import Permission
from unshelf.contracts.references import Reference
from unshelf.deploy.registry.values import InspectedModel
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.scopes import Scope
from unshelf.foundation.database.engine import Database
from unshelf.manage.audit.service import AuditService


class VersionFileService:
    """Gives files of versions, and notes who took them."""

    def __init__(
        self,
        *,
        database: Database,
        audit: AuditService,
        inspect: Callable[[str], InspectedModel],
        scope_of: Callable[[str], Scope],
        read: Callable[[str], Iterator[bytes]],
    ) -> None:
        """`read` gives the content of the blob with a digest."""
        self._database = database
        self._audit = audit
        self._inspect = inspect
        self._scope_of = scope_of
        self._read = read

    def file(self, actor: Actor, ref: str, path: str) -> tuple[BundleFile, Iterator[bytes]]:
        """Return a file of the version that a reference names, and its content.

        Raises NotFound, and Forbidden for an example where the actor may not read the model's data."""
        found = self._inspect(ref)
        name, number = found.version_named
        manifest = found.version.manifest
        reference = str(Reference(name, version=number))
        file = next((each for each in manifest.files if each.path == path), None)
        if file is None:
            raise NotFound(
                f"{reference} has no file {path[:80]!r}.", hint=f"`unshelf show {reference}` lists its files."
            )
        if path == manifest.example:
            actor.must(Permission.DATA_READ, self._scope_of(name))
        with self._database.transaction() as session:
            self._audit.record(
                session,
                actor,
                "version.file_read",
                reference,
                {"file": path, "sha256": file.sha256, "bytes": file.size},
            )
        return file, self._read(file.sha256)
