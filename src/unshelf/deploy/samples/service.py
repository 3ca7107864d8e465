"""Sample models as folders of this package, which are deployed as uploaded files are."""

import hashlib
from importlib.resources import files
from pathlib import Path

from unshelf.deploy.bundles.uploads import UploadService
from unshelf.deploy.deploys.schemas import FileDeployRequest, UploadedFile
from unshelf.deploy.deploys.service import DeployService
from unshelf.foundation.access.actors import Actor

IRIS = "iris-sample"
"""The name under which the sample model is deployed."""
_FOLDER = Path(str(files("unshelf"))) / "deploy" / "samples" / "iris"
_FILES = ("unshelf.toml", "predict.py", "model.json", "flowers.csv")


class SampleService:
    """Deploys the sample model in the name of the actor who asks."""

    def __init__(self, uploads: UploadService, deploys: DeployService) -> None:
        self._uploads = uploads
        self._deploys = deploys

    def begin(self, actor: Actor, *, project: str | None) -> str:
        """Begin the deploy of the sample model and give its id. Raises as a deploy of uploaded files does."""
        sent = [self._send(actor, name, project) for name in _FILES]
        wanted = FileDeployRequest(name=IRIS, project=project, files=sent, tier="small")
        return self._deploys.begin_with_files(wanted, actor)

    def _send(self, actor: Actor, name: str, project: str | None) -> UploadedFile:
        content = (_FOLDER / name).read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        if not self._uploads.is_here(actor, digest):
            self._uploads.store(actor, digest, [content], project=project, size=len(content))
        return UploadedFile(path=name, sha256=digest, size=len(content))
