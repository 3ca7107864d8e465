"""The door to deploys: begin one, see how far it is, follow it, and clear up after a control that died."""

import threading
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from sqlalchemy import select

from unshelf.contracts.bundle import Manifest
from unshelf.contracts.references import NAME_RULE, is_name
from unshelf.deploy.bundles.service import holder_of_deploy
from unshelf.deploy.deploys.crew import Crew
from unshelf.deploy.deploys.events import EventLog, steps_of
from unshelf.deploy.deploys.journal import Journal, stored_lines
from unshelf.deploy.deploys.process import DeployProcess, Order, Tools
from unshelf.deploy.deploys.schemas import Deploy, DeployRequest
from unshelf.deploy.deploys.tables import DeployRow
from unshelf.deploy.registry.service import check_alias
from unshelf.foundation.clock import now
from unshelf.foundation.errors import InvalidInput, NotFound
from unshelf.foundation.ids import new_id
from unshelf.manage.access import Principal

_AT_ONCE = 4


class DeployService:
    """Deploys, at most four at work at once; the others wait their turn."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._crew = Crew(_AT_ONCE, name="deploy")
        self._lock = threading.Lock()
        self._running: dict[str, EventLog] = {}

    def begin(self, wanted: DeployRequest, principal: Principal) -> str:
        """Take a deploy on and give its id; the work is done by another thread.

        Raises InvalidInput for a name, alias or manifest that can't be, Forbidden for a model that is not the caller's,
        Conflict when files of the bundle were not uploaded."""
        if not is_name(wanted.name):
            raise InvalidInput(f"{wanted.name[:80]!a} may be no model's name: {NAME_RULE}")
        principal.must("deploy", wanted.name)
        if wanted.alias is not None:
            check_alias(wanted.alias)
        manifest = _manifest_from(wanted.manifest)
        order = Order(
            id=new_id(), name=wanted.name, bundle=manifest.digest, release=wanted.release, alias=wanted.alias,
            actor=principal.label, limits=wanted.limits,
        )  # fmt: skip
        with self._tools.bundles.claim(manifest, holder_of_deploy(order.id)) as session:
            session.add(
                DeployRow(
                    id=order.id, model=order.name, bundle=order.bundle, release=order.release, alias=order.alias,
                    state="running", created_at=now(), created_by=order.actor,
                )
            )  # fmt: skip
            detail = {"deploy": order.id, "digest": order.bundle}
            self._tools.audit.record(session, order.actor, "deploy.begun", order.name, detail)
        log = EventLog()
        with self._lock:
            self._running[order.id] = log
        process = DeployProcess(order, self._tools, Journal(self._tools.database, order.id, log))
        self._crew.submit(lambda: self._run(process, order.id, manifest))
        return order.id

    def show(self, deploy_id: str, principal: Principal) -> Deploy:
        """A deploy and how far it is."""
        log = self._log_of(deploy_id)
        with self._tools.database.read() as session:
            row = session.get(DeployRow, deploy_id)
            lines = stored_lines(session, deploy_id)
        if row is None:
            raise NotFound(f"there is no deploy {deploy_id[:80]!a}")
        principal.must("deploy", row.model)
        fields = {
            "id": row.id, "name": row.model, "state": row.state, "version": row.version, "live": row.live,
            "error": row.error, "created_at": row.created_at, "by": row.created_by,
        }  # fmt: skip
        return Deploy.model_validate(fields | {"steps": steps_of(log.since(0)[0] if log else lines)})

    def events(self, deploy_id: str, principal: Principal) -> AsyncIterator[str]:
        """The events of a deploy as lines of JSON, from the first on; of a running one, as they happen."""
        log = self._log_of(deploy_id)
        with self._tools.database.read() as session:
            row = session.get(DeployRow, deploy_id)
            lines = stored_lines(session, deploy_id)
        if row is None:
            raise NotFound(f"there is no deploy {deploy_id[:80]!a}")
        principal.must("deploy", row.model)
        return log.follow() if log else _each(lines)

    def recover(self) -> int:
        """Fail what a control that died left running, before this one begins anything; gives how many."""
        with self._tools.database.read() as session:
            rows = session.scalars(select(DeployRow).where(DeployRow.state == "running")).all()
            steps = {row.id: steps_of(stored_lines(session, row.id)) for row in rows}
        for row in rows:
            order = Order(
                id=row.id, name=row.model, bundle=row.bundle, release=row.release, alias=row.alias, actor=row.created_by
            )
            reached = steps[row.id][-1].step if steps[row.id] else "lock"
            DeployProcess(
                order, self._tools, Journal(self._tools.database, row.id, EventLog()), step=reached
            ).interrupt()
        return len(rows)

    def close(self) -> None:
        """Begin nothing more. What runs is recovered from at the next start."""
        self._crew.close()

    def _run(self, process: DeployProcess, deploy_id: str, manifest: Manifest) -> None:
        try:
            process.run(manifest)
        finally:
            with self._lock:
                self._running.pop(deploy_id).abandon()

    def _log_of(self, deploy_id: str) -> EventLog | None:
        with self._lock:
            return self._running.get(deploy_id)


async def _each(lines: list[str]) -> AsyncIterator[str]:
    for line in lines:
        yield line


def _manifest_from(fields: dict[str, Any]) -> Manifest:
    try:
        return msgspec.convert(fields, Manifest)
    except msgspec.ValidationError as error:
        raise InvalidInput(f"the manifest can't be used: {error}") from None
