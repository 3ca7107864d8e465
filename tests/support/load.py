"""Load while something is killed: callers that keep calling and remember every answer they saw."""

import threading
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.support.waiting import wait_until


@dataclass(frozen=True)
class Answer:
    """What one call came to; `status` 0: no answer (the connection broke)."""

    status: int
    id: str
    sent: list[Any]
    outputs: list[Any] | None
    detail: str


@dataclass
class Callers:
    """`count` callers, each on a connection of its own, predicting rows that no other call has."""

    url: str
    token: str
    reference: str
    count: int = 8
    answers: list[Answer] = field(default_factory=list)

    def __enter__(self) -> "Callers":
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._call, args=(index,)) for index in range(self.count)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Let the calls in flight end, then return."""
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def more(self, answers: int) -> None:
        """Let the calls go on until so many more are answered."""
        wanted = len(self.answered) + answers
        wait_until(lambda: len(self.answered) >= wanted, what=f"{answers} more answers")

    @property
    def failed(self) -> list[Answer]:
        return [answer for answer in self.answers if answer.status != 200]

    @property
    def answered(self) -> list[Answer]:
        return [answer for answer in self.answers if answer.status == 200]

    def _call(self, index: int) -> None:
        headers = {"Authorization": f"Bearer {self.token}"}
        with httpx.Client(base_url=self.url, headers=headers, timeout=60) as client:
            number = 0
            while not self._stop.is_set():
                number += 1
                rows = [{"a": float(index), "b": float(number)}]
                try:
                    response = client.post(f"/models/{self.reference}/predict", json={"inputs": rows})
                except httpx.TransportError as error:
                    self.answers.append(Answer(0, "", rows, None, repr(error)))
                    continue
                body = response.json()
                self.answers.append(
                    Answer(
                        response.status_code, body.get("id", ""), rows, body.get("outputs"), str(body.get("detail", ""))
                    )
                )
