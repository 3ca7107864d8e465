"""Callers that ask by gRPC without end, on plain channels, and keep what they heard."""

import threading
from contextlib import closing
from typing import Any

import numpy as np
import tritonclient.grpc as triton

_PATIENCE_SECONDS = 120.0
_OWN_CONNECTION = [("grpc.use_local_subchannel_pool", 1)]
"""Else the channels of a process share one connection."""


class GrpcLoad:
    """Asks a model with the input `seconds` from several threads, each with a connection of its own: kept, or made for each call."""

    def __init__(self, address: str, token: str, model: str, *, kept: int = 3, fresh: int = 1) -> None:
        self.answered: list[float] = []
        """The outputs of the calls that were answered."""
        self.failed: list[str] = []
        self._address, self.model = address, model
        self._headers = {"authorization": f"Bearer {token}"}
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._keep_asking) for _ in range(kept)]
        self._threads += [threading.Thread(target=self._ask_anew) for _ in range(fresh)]
        for thread in self._threads:
            thread.start()

    def ask_once(self, seconds: float) -> threading.Thread:
        """Begin one more call, which the model takes so long for."""
        thread = threading.Thread(target=self._ask_anew_once, args=(seconds,))
        thread.start()
        self._threads.append(thread)
        return thread

    def end(self) -> None:
        """Ask no more, and wait for the last answers."""
        self._ended.set()
        for thread in self._threads:
            thread.join(_PATIENCE_SECONDS)

    def _open(self) -> Any:
        return closing(triton.InferenceServerClient(self._address, channel_args=_OWN_CONNECTION))

    def _keep_asking(self) -> None:
        with self._open() as client:
            while not self._ended.is_set():
                self._ask(client, 0.0)

    def _ask_anew(self) -> None:
        while not self._ended.is_set():
            self._ask_anew_once(0.0)

    def _ask_anew_once(self, seconds: float) -> None:
        with self._open() as client:
            self._ask(client, seconds)

    def _ask(self, client: triton.InferenceServerClient, seconds: float) -> None:
        tensor = triton.InferInput("seconds", [1], "FP64")
        tensor.set_data_from_numpy(np.array([seconds]))
        try:
            result = client.infer(self.model, [tensor], headers=self._headers)
        except triton.InferenceServerException as error:
            self.failed.append(str(error))
            return
        output = result.as_numpy("output").tolist()
        if output == [seconds]:
            self.answered += output
        else:
            self.failed.append(f"{seconds} was answered by {output}")
