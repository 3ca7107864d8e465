"""What a loader gives the worker: something that predicts and, when its file knows them, tells its own inputs."""

from typing import Any, Protocol, runtime_checkable

SignatureFields = dict[str, Any]
"""A signature or a part of one as plain JSON values; its shape is `contracts.signature`, with defaults left out."""


class Model(Protocol):
    """A loaded model."""

    def predict(self, inputs: Any) -> Any:
        """Answer a batch of n rows, given in the signature's container (see `contracts.signature.Container`).

        Returns what the framework returns: an ndarray, a DataFrame or Series, a list, a dict of name → values, a tensor …
        whose length is n. Whatever it raises becomes a 500 whose traceback only the owner sees."""


@runtime_checkable
class DescribesItself(Protocol):
    """A model whose file knows what it takes."""

    def describe(self) -> SignatureFields | None:
        """The signature's `inputs` part (`{"kind": "columns", "columns": […], "container": "numpy"}` or
        `{"kind": "tensors", "tensors": […]}`); None when this very file does not know it after all."""
