"""The interface of a loaded model: something that predicts and, when its file knows them, describes its own inputs."""

from typing import Any, Protocol, runtime_checkable

SignatureFields = dict[str, Any]
"""A signature or a part of one as plain JSON values; its shape is `contracts.signature`, with defaults left out."""


class LoadedModel(Protocol):
    """A loaded model."""

    def predict(self, inputs: Any, /) -> Any:
        """Answer a batch of n rows, given in the signature's container (see `contracts.signature.Container`).

        Returns what the framework returns: an ndarray, a DataFrame or Series, a list, a dict of name → values, a tensor …
        whose length is n. Whatever it raises becomes a 500 whose traceback only the owner sees."""


@runtime_checkable
class TakesParameters(Protocol):
    """A model whose predictions may take parameters."""

    def predict(self, inputs: Any, /, **parameters: Any) -> Any:
        """See LoadedModel; each parameter that the version declares is given by name."""

    def declared_parameters(self) -> list[dict[str, Any]]:
        """The parameters that its own code or file declares, as `contracts.signature.Parameter` has them; none where it does not
        tell, and its maker has to."""


@runtime_checkable
class DescribesItself(Protocol):
    """A model whose file knows what it takes."""

    def describe(self) -> SignatureFields | None:
        """The signature's `inputs` part (`{"kind": "columns", "columns": […], "container": "numpy"}` or
        `{"kind": "tensors", "tensors": […]}`); None when this very file does not know it after all."""


@runtime_checkable
class WorksByRow(Protocol):
    """A model of a known library, of which can be said whether it answers each row alone."""

    def mixing_step(self) -> str:
        """Name the first step that is not known to answer each row alone, as a phrase; empty when every step is known to."""
