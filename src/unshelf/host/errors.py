"""The failure of a request, which becomes its `Failed` answer."""

from unshelf.contracts.errors import UnshelfError
from unshelf.contracts.protocols.host import Failed


class HostFailure(UnshelfError):
    """A request can't be met; the fields are those of contracts.protocols.host.Failed."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        hint: str = "",
        step: str = "",
        log: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(detail, hint=hint, code=code, retry_after=retry_after)
        self.step = step
        self.log = log

    def __str__(self) -> str:
        return self.detail

    def answer(self, id: int) -> Failed:
        """The answer to the request with this id."""
        return Failed(
            id=id, code=self.code, detail=self.detail, hint=self.hint, step=self.step, log=self.log,
            retry_after=self.retry_after,
        )  # fmt: skip
