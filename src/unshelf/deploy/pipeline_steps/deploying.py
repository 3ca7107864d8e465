"""The step that makes files of an earlier step a version, a candidate without traffic."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from unshelf.contracts.errors import Conflict, InvalidInput
from unshelf.contracts.references import Reference, is_name
from unshelf.deploy.deploys.schemas import FileDeployRequest, UploadedFile
from unshelf.deploy.deploys.service import DeployService
from unshelf.deploy.deploys.tables import DeployRow
from unshelf.deploy.pipeline_steps.arguments import argument
from unshelf.develop.pipelines.run import StepOrder, StepOutcome
from unshelf.develop.pipelines.values import LeftFiles
from unshelf.foundation.access.actors import Actor

_SAY_ALL = ("unshelf.toml", "MLmodel")
"""Files that say what a folder is."""
_EXAMPLES = ("example.json", "example.csv")
_NO_MODELS = frozenset({"requirements.txt", "constraints.txt", "pylock.toml", "uv.lock", "README.md"})


class DeployingStep:
    """Deploys what a step left, in the environment that it was made in, as the runner of the pipeline would from the page."""

    def __init__(self, deploys: DeployService) -> None:
        self._deploys = deploys

    def begin(self, actor: Actor, order: StepOrder) -> StepOutcome:
        """Begin the deploy. Raises as `DeployService.begin_with_files`."""
        model = argument(order.arguments, "model", str)
        if not is_name(model):
            raise InvalidInput(f"{model[:80]!a} may be no model's name.")
        left = argument(order.arguments, "files", LeftFiles)
        made_by = f"Made by the pipeline {order.pipeline}, run {order.run}."
        file, example = _files_named(order, left)
        request = FileDeployRequest(
            path=file, example=example,
            name=model, project=order.project, environment=left.environment, release=False, key=order.key, job=left.job,
            files=[UploadedFile(path=each.path, sha256=each.sha256, size=each.size) for each in left.files],
            alias=argument(order.arguments, "alias", str, "") or None,
            description=argument(order.arguments, "description", str, "") or made_by,
        )  # fmt: skip
        deploy = self._deploys.begin_with_files(request, actor)
        return StepOutcome(state="running", facts={"deploy": deploy, "model": model})

    def look(self, session: Session, facts: Mapping[str, Any]) -> StepOutcome | None:
        """Say how the deploy came out."""
        if "deploy" not in facts:
            return None
        row = session.get(DeployRow, str(facts["deploy"]))
        if row is None:
            return StepOutcome(state="failed", reason="Its deploy is gone.", facts={})
        if row.state == "running":
            return None
        if row.state != "done" or row.version is None:
            error = row.error or {}
            said = str(error.get("detail", "It failed")).rstrip(".")
            return StepOutcome(state="failed", reason=f"{said}. {error.get('hint', '')}".strip(), facts={})
        reference = str(Reference(row.model, version=row.version))
        return StepOutcome(state="succeeded", facts={"version": reference, "value": {"version": reference}})

    def cancel(self, actor: Actor | None, facts: Mapping[str, Any]) -> None:
        """End the deploy."""
        if actor is None or "deploy" not in facts:
            return
        try:
            self._deploys.cancel(str(facts["deploy"]), actor)
        except Conflict:
            return


def _files_named(order: StepOrder, left: LeftFiles) -> tuple[str | None, str | None]:
    """Return the model file and the example in a folder that says neither itself: those named, else the only one that can be it."""
    paths = [file.path for file in left.files]
    if any(path in _SAY_ALL for path in paths):
        return None, None
    example = argument(order.arguments, "example", str, "") or next((each for each in _EXAMPLES if each in paths), None)
    others = [path for path in paths if path != example and path.rpartition("/")[2] not in _NO_MODELS]
    file = argument(order.arguments, "file", str, "") or (others[0] if len(others) == 1 else None)
    if file is None and len(paths) > 1:
        raise InvalidInput(
            f"The folder has several files that could be the model: {', '.join(others[:5])}.",
            hint="Name it, steps.deploy(…, file=…), or write an unshelf.toml beside it.",
        )
    return file if len(paths) > 1 else None, example
