"""Pipelines over a workshop: jobs on paper, steps of the platform on paper, each look at the runs taken by the test."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from tests.support.jobs import Workshop
from unshelf.contracts.bundle import BundleFile
from unshelf.contracts.protocols.jobs import AttemptOrder
from unshelf.develop.data.service import DataService
from unshelf.develop.jobs.again import JobsAgain
from unshelf.develop.jobs.schemas import CodeFile
from unshelf.develop.pipelines.code import find_readable
from unshelf.develop.pipelines.definition import PipelineRequest
from unshelf.develop.pipelines.function_steps import FunctionSteps
from unshelf.develop.pipelines.platform_steps import QUEUE, PlatformSteps
from unshelf.develop.pipelines.run import Run, StepOrder, StepOutcome
from unshelf.develop.pipelines.running import PipelineRunning
from unshelf.develop.pipelines.runs import PipelineRuns, PipelinesAgain
from unshelf.develop.pipelines.service import PipelineService
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.database.engine import Database
from unshelf.foundation.loops.loops import Postponed


class PaperStep:
    """Keeps the promises of PlatformStep on paper: it runs until the test says how it came out."""

    def __init__(self) -> None:
        self.orders: list[StepOrder] = []
        self.outcomes: dict[str, StepOutcome] = {}
        self.cancelled: list[str] = []
        self.failure: Exception | None = None

    def begin(self, _actor: Actor, order: StepOrder) -> StepOutcome:
        if self.failure is not None:
            raise self.failure
        self.orders.append(order)
        return StepOutcome(state="running", reason="It waits.", facts={"thing": order.key})

    def look(self, _session: Session, facts: Mapping[str, Any]) -> StepOutcome | None:
        return self.outcomes.get(str(facts.get("thing")))

    def cancel(self, _actor: Actor | None, facts: Mapping[str, Any]) -> None:
        self.cancelled.append(str(facts.get("thing")))


class Line:
    """All that runs pipelines, in one process, over a workshop."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.workshop = shop = Workshop(database, folder, cores=8.0)
        self.people = {actor.id: actor for actor in (shop.ana, shop.ben, shop.vic, shop.eve)}
        shop.uploads.register(find_readable)
        self.data: DataService = shop.submission._data
        self.steps = PlatformSteps(database, shop.loops)
        self.paper = PaperStep()
        for kind in ("deploy", "approval", "release", "compare"):
            self.steps.register(kind, self.paper)
        again = JobsAgain(database, shop.service)
        self.functions = FunctionSteps(
            database, shop.blobs, jobs=shop.service, again=again, environments=shop.environments, data=self.data
        )
        self.running = PipelineRunning(
            database, shop.events, shop.subjects, shop.notifications, person_now=self.people.get, functions=self.functions,
            platform=self.steps,
        )  # fmt: skip
        self.service = PipelineService(database, shop.events, shop.subjects, holds=shop.holds, quotas=shop.quotas)
        self.runs = PipelineRuns(database, shop.events, shop.subjects, data=self.data, running=self.running)
        self.again = PipelinesAgain(database, self.runs)

    def request(self, *steps: dict[str, Any], actor: Actor | None = None, **fields: Any) -> PipelineRequest:
        """A definition whose functions all stand in `steps.py`."""
        who = actor or self.workshop.ana
        code = fields.pop("code", b"def f(): ...\n")
        files = [
            self.workshop.upload(who, b"call", "unshelf_call.py"),
            self.workshop.upload(who, code, "steps.py"),
        ]
        usual = {"function": "steps.py:f", "files": ["unshelf_call.py", "steps.py"], "requirements": []}
        return PipelineRequest(
            project="risk", name=fields.pop("name", "retrain"),
            files=[CodeFile(path=each.path, sha256=each.sha256, size=each.size) for each in files],
            steps=[(usual if step.get("kind", "function") == "function" else {}) | step for step in steps], **fields,
        )  # fmt: skip

    def keep(self, *steps: dict[str, Any], **fields: Any) -> str:
        """Keep a pipeline of ana's, and return its id."""
        return self.service.keep(self.workshop.ana, self.request(*steps, **fields)).id

    def begin(self, pipeline: str, **fields: Any) -> Run:
        """Begin a run of ana's, and take it as far as it goes."""
        run = self.runs.begin(self.workshop.ana, pipeline, **({"parameters": {}} | fields))
        return self.look(run.id)

    def look(self, run: str) -> Run:
        """Take all runs further, begin what they wait for, and return one."""
        self.running.advance()
        self.workshop.prepare()
        while (claim := self.workshop.loops._claims.take(QUEUE)) is not None:
            try:
                self.steps._work(claim)
            except Postponed:
                self.workshop.loops._claims.give_back(claim)
                break
        self.workshop.turn()
        self.running.advance()
        return self.runs.show(self.workshop.vic, run)

    def orders(self) -> dict[str, AttemptOrder]:
        """Job → its order, of all that were begun."""
        return {order.job: order for order in self.workshop.launcher.orders}

    def end(self, run: Run, step: str, value: Any = None, *, status: int = 0, **files: bytes) -> Run:
        """Have the job of a step end with a value, and take the run further. `files`: parts of the value, by name."""
        job = next(each.job for each in run.steps if each.name == step)
        assert job is not None
        facts = value if isinstance(value, dict) and "kind" in value else {"kind": "json", "value": value}
        contents = {
            "value/value.json": json.dumps(facts).encode(),
            **{f"value/{name}": data for name, data in files.items()},
        }
        left = [self._stored(path, data) for path, data in contents.items()] if status == 0 else []
        self.workshop.end(job, status=status, files=left)
        return self.look(run.id)

    def _stored(self, path: str, content: bytes) -> BundleFile:
        digest = hashlib.sha256(content).hexdigest()
        self.workshop.blobs.put(digest, [content], limit=len(content))
        return BundleFile(path=path, sha256=digest, size=len(content))


def states(run: Run) -> dict[str, str]:
    """Step → its state."""
    return {step.name: step.state for step in run.steps}
