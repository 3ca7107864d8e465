"""What can go wrong for a sender: a failure that becomes its `Failed` answer."""

from unshelf.contracts.hosting import Failed


class HostFailure(Exception):
    """A request can't be met; the fields are those of contracts.hosting.Failed."""

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
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.hint = hint
        self.step = step
        self.log = log
        self.retry_after = retry_after

    def answer(self, id: int) -> Failed:
        """The answer to the request with this id."""
        return Failed(
            id=id, code=self.code, detail=self.detail, hint=self.hint, step=self.step, log=self.log,
            retry_after=self.retry_after,
        )  # fmt: skip
