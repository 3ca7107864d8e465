"""Unshelf takes trained models off the shelf: from a notebook to a live, versioned, authenticated endpoint in seconds."""

import importlib
import sys
from types import ModuleType
from typing import Any

__version__ = "0.1.0"

_ATTRIBUTES = {
    "deploy": "unshelf.client.api:deploy",
    "predict": "unshelf.client.api:predict",
    "stream": "unshelf.client.api:stream",
    "data": "unshelf.client.datasets.api",
    "labels": "unshelf.client.monitoring.labels_api",
    "register": "unshelf.client.monitoring.records_api:register",
    "record": "unshelf.client.monitoring.records_api:record",
    "flush": "unshelf.client.monitoring.records_api:flush",
    "job": "unshelf.client.functions.job_function:job",
    "step": "unshelf.client.pipelines.pipeline_functions:step",
    "pipeline": "unshelf.client.pipelines.pipeline_functions:pipeline",
    "steps": "unshelf.client.pipelines.steps",
    "job_parameters": "unshelf.client.jobs.inside:job_parameters",
    "job_result": "unshelf.client.jobs.inside:job_result",
    "JobOptions": "unshelf.client.jobs.jobs_client:JobOptions",
    "login": "unshelf.client.login.login:login",
    "Client": "unshelf.client.client:Client",
    "DeployOptions": "unshelf.client.bundling.bundle:DeployOptions",
    "Answer": "unshelf.client.results:Answer",
    "Deferred": "unshelf.client.deferred:Deferred",
    "Stream": "unshelf.client.streaming:Stream",
    "Deployed": "unshelf.client.results:Deployed",
    "Event": "unshelf.client.results:Event",
    "UnshelfError": "unshelf.client.errors:UnshelfError",
    "Unreachable": "unshelf.client.errors:Unreachable",
    "InvalidModel": "unshelf.client.errors:InvalidModel",
    "InvalidRows": "unshelf.client.errors:InvalidRows",
    "Unauthenticated": "unshelf.client.errors:Unauthenticated",
    "Forbidden": "unshelf.client.errors:Forbidden",
    "NotFound": "unshelf.client.errors:NotFound",
    "Conflict": "unshelf.client.errors:Conflict",
    "InvalidInput": "unshelf.client.errors:InvalidInput",
    "TooManyRequests": "unshelf.client.errors:TooManyRequests",
    "ModelFailed": "unshelf.client.errors:ModelFailed",
    "Unavailable": "unshelf.client.errors:Unavailable",
    "DeadlineExceeded": "unshelf.client.errors:DeadlineExceeded",
    "NotFinished": "unshelf.client.errors:NotFinished",
    "DeployFailed": "unshelf.client.errors:DeployFailed",
}
"""Public name → where it lives. Each is imported when it is first asked for, so that `import unshelf` costs nothing."""

__all__ = ["__version__", *_ATTRIBUTES]  # noqa: PLE0604 - names of a table are names


def __getattr__(name: str) -> Any:
    try:
        module, _, attribute = _ATTRIBUTES[name].partition(":")
    except KeyError:
        raise AttributeError(f"module 'unshelf' has no attribute {name!r}") from None
    imported = importlib.import_module(module)
    return getattr(imported, attribute) if attribute else imported


def __dir__() -> list[str]:
    return sorted({*globals(), *_ATTRIBUTES})


class _Package(ModuleType):
    """`unshelf.deploy` is the function, also where the wing of that name was imported into the same process.

    Importing a submodule binds its name in the package; a property goes before that binding and lets it pass."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        """Pickle by name, as plain modules are by the libraries that pickle functions with what they refer to."""
        return importlib.import_module, ("unshelf",)

    @property
    def deploy(self) -> Any:
        return __getattr__("deploy")

    @deploy.setter
    def deploy(self, wing: ModuleType) -> None:
        """The import system binding the wing, which stays reachable by its full name in import statements."""


sys.modules[__name__].__class__ = _Package
