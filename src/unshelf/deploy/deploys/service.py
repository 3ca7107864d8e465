"""The door to deploys: begin one, see how far it is, follow it; whichever control is free works on it."""

from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.bundle import Resources
from unshelf.contracts.errors import Conflict, InvalidInput, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.contracts.references import NAME_RULE, is_name
from unshelf.deploy.bundles.service import holder_of_deploy
from unshelf.deploy.deploys.events import steps_of
from unshelf.deploy.deploys.journal import Journal, lines_of, stored_lines
from unshelf.deploy.deploys.order import DeclaredSettings, DeployDependencies, DeployOrder
from unshelf.deploy.deploys.pipeline import DeployPipeline
from unshelf.deploy.deploys.running import QUEUE
from unshelf.deploy.deploys.schemas import Deploy, DeployedFiles, DeployRequest, FileDeployRequest, ListedState
from unshelf.deploy.deploys.subjects import DEPLOY
from unshelf.deploy.deploys.tables import DeployRow
from unshelf.deploy.deploys.wanted import manifest_from
from unshelf.deploy.registry.service import check_alias
from unshelf.foundation.access.actors import Actor, stored_actor
from unshelf.foundation.access.filters import visible
from unshelf.foundation.access.model_scopes import place_model, scopes_among
from unshelf.foundation.access.scopes import DEFAULT_PROJECT, Scope, model_scope, project_scope
from unshelf.foundation.clock import now
from unshelf.foundation.followers import Followers
from unshelf.foundation.ids import new_id
from unshelf.foundation.loops.claims import Claim
from unshelf.foundation.loops.loops import Loops, QueueLoop
from unshelf.foundation.paging import Page, SortKey, read_page
from unshelf.manage.limits import Limits, stored

_DEPLOYS_AT_ONCE = 32
"""A deploy waits for the host most of its time, which shares out what it can do at once."""
_DEPLOYS_OF_ONE_ACTOR = 8
DEFAULT_TIER = Resources().tier


class DeployService:
    """Deploys: a fixed number at work at once in each control, fewer of one actor; the others wait their turn."""

    def __init__(self, tools: DeployDependencies, loops: Loops) -> None:
        self._tools = tools
        self._loops = loops
        self._followers = Followers(self._read_events)
        loops.add(QueueLoop(name=QUEUE, act=self._work, workers=_DEPLOYS_AT_ONCE, of_one_actor=_DEPLOYS_OF_ONE_ACTOR))

    def declares(self, settings: DeclaredSettings) -> None:
        """Have settings that bundles declare judged as a deploy begins, and put in force as its version is released."""
        self._tools.declared.append(settings)

    def begin(self, wanted: DeployRequest, actor: Actor) -> str:
        """Take a deploy on and give its id; the work is done by another thread.

        Raises InvalidInput for a name, alias or manifest that can't be, Forbidden for a model that is not the caller's, for a tier
        that the caller may not use, and beyond a quota, Conflict when files of the bundle were not uploaded."""
        if not is_name(wanted.name):
            raise InvalidInput(f"{wanted.name[:80]!a} may be no model's name: {NAME_RULE}.")
        scope = self.scope_for(wanted.name, wanted.project, actor)
        if wanted.alias is not None:
            check_alias(wanted.alias)
        manifest = manifest_from(wanted.manifest)
        known = self._begun(wanted.name, wanted.key, actor)
        if known is not None:
            return known
        self._tools.networks.must_grant(manifest.network.access, manifest.network.allow)
        with self._tools.database.read() as session:
            self._tools.tiers.must_use(session, actor, manifest.resources.tier, scope)
        used = self._tools.data_uses.resolve(actor, wanted.baseline, wanted.example_data)
        order = DeployOrder(
            id=new_id(), name=wanted.name, project=scope.project, bundle=manifest.digest, release=wanted.release, alias=wanted.alias,
            actor=actor, limits=wanted.limits, dry_run=wanted.dry_run,
        )  # fmt: skip
        with (
            self._tools.bundles.claim(actor, manifest, holder_of_deploy(order.id)) as session,
            self._tools.quotas.within(session, project=scope.project, makers=[actor.label]),
        ):
            for each in self._tools.declared:
                each.check(actor, scope, manifest)
            detail: dict[str, Any] = {"deploy": order.id, "digest": order.bundle}
            if order.dry_run:
                detail["dry_run"] = True
            self._add(session, order, scope, wanted.key, detail)
            self._tools.data_uses.remember(session, order.id, order.name, used)
        self._loops.wake(QUEUE)
        return order.id

    def begin_with_files(self, wanted: FileDeployRequest, actor: Actor) -> str:
        """Take on a deploy of uploaded files, whose bundle is made as its first step, and give its id.

        Raises as `begin`, and InvalidInput for files that can't lie in one folder; what the files themselves ask for is judged once
        they are read."""
        if not is_name(wanted.name):
            raise InvalidInput(f"{wanted.name[:80]!a} may be no model's name: {NAME_RULE}.")
        scope = self.scope_for(wanted.name, wanted.project, actor)
        if wanted.alias is not None:
            check_alias(wanted.alias)
        known = self._begun(wanted.name, wanted.key, actor)
        if known is not None:
            return known
        with self._tools.database.read() as session:
            self._tools.tiers.must_use(session, actor, wanted.tier or DEFAULT_TIER, scope)
        order = DeployOrder(
            id=new_id(),
            name=wanted.name,
            project=scope.project,
            bundle="",
            release=wanted.release,
            alias=wanted.alias,
            actor=actor,
        )
        with (
            self._tools.files.claimed(actor, wanted, scope.project) as (session, row),
            self._tools.quotas.within(session, project=scope.project, makers=[actor.label]),
        ):
            self._add(session, order, scope, wanted.key, {"deploy": order.id, "files": len(wanted.files)})
            self._tools.files.keep(session, order.id, row)
        self._loops.wake(QUEUE)
        return order.id

    def files(self, deploy_id: str, actor: Actor) -> DeployedFiles:
        """Return what a deploy of uploaded files was asked for, for somebody who may deploy its model to ask for again."""
        with self._tools.database.read() as session:
            _visible(session, deploy_id, actor, Permission.MODEL_DEPLOY)
            request = FileDeployRequest.model_validate(self._tools.files.asked(session, deploy_id))
        return DeployedFiles(request=request, missing=self._tools.files.missing(actor, request.files))

    def _add(self, session: Session, order: DeployOrder, scope: Scope, key: str | None, detail: dict[str, Any]) -> None:
        """Add a deploy to those that wait, in the caller's transaction."""
        self.take_name(session, scope)
        session.add(
            DeployRow(
                id=order.id, model=order.name, project=order.project, bundle=order.bundle, release=order.release, alias=order.alias,
                limits=stored(order.limits), dry_run=order.dry_run, request_key=key, state="running", created_at=now(),
                created_by=order.actor.label, actor_id=order.actor.id, actor_kind=order.actor.kind,
            )
        )  # fmt: skip
        session.flush()
        self._tools.subjects.changed(session, DEPLOY, [order.id])
        self._loops.add_work(session, QUEUE, order.id, actor=order.actor.label)
        self._tools.audit.record(session, order.actor, "deploy.begun", order.name, detail)

    def scope_for(self, name: str, project: str | None, actor: Actor) -> Scope:
        """Return the scope of a model to deploy, which may be new. Raises Forbidden, Conflict where it belongs to another project."""
        tools = self._tools
        with tools.database.read() as session:
            held = scopes_among(session, [name]).get(name)
            if held is None and tools.secrets.has_own(session, name):
                held = model_scope(name)
            present = held if held is not None and tools.registry.has_model(session, name) else None
        scope = present or model_scope(name, project=project or DEFAULT_PROJECT)
        if actor.kind == "user" and present is not None and not actor.may(Permission.MODEL_READ, present):
            raise _taken(name)
        actor.must(Permission.MODEL_DEPLOY, scope)
        if present is None:
            _must_begin(actor, scope)
            # The events, deploys, records and secrets of a name belong to the project that had it.
            if held is not None and held.project != scope.project and not actor.may(Permission.PROJECT_MANAGE, held):
                raise _taken(name)
        if project not in (None, scope.project):
            raise Conflict(
                f"The model {name!r} belongs to the project {scope.project!r}.",
                hint="Leave the project out, or choose another name. Its owner may move it to another project.",
            )
        if not tools.projects.is_open(scope.project):
            raise Conflict(
                f"The project {scope.project!r} does not exist, or is archived.",
                hint="`unshelf projects` lists the projects; its owner may restore an archived one.",
            )
        return scope

    def take_name(self, session: Session, scope: Scope) -> None:
        """Have a name that was never given belong to the project of its first deploy, with every event about it."""
        held = scopes_among(session, [scope.model]).get(scope.model)
        if held is None:
            place_model(session, scope.model, scope.project)
            session.flush()
        elif held.project != scope.project and self._tools.registry.has_model(session, scope.model):
            raise _taken(scope.model)  # meanwhile

    def _begun(self, name: str, key: str | None, actor: Actor) -> str | None:
        """The deploy that the same request began before; its answer may have been lost with the control that was to give it."""
        if key is None:
            return None
        with self._tools.database.read() as session:
            row = session.scalar(select(DeployRow).where(DeployRow.request_key == key))
        if row is None:
            return None
        if (row.model, row.created_by) != (name, actor.label):
            raise Conflict(
                "Another deploy was begun with the same key.", hint="Choose a new, random key for each deploy."
            )
        return row.id

    def show(self, deploy_id: str, actor: Actor) -> Deploy:
        """A deploy and how far it is."""
        with self._tools.database.read() as session:
            row = _visible(session, deploy_id, actor)
            lines = stored_lines(session, deploy_id)
        return _shown(row, lines)

    def list_for(
        self, actor: Actor, *, state: ListedState, model: str | None, limit: int, cursor: str | None = None
    ) -> Page[Deploy]:
        """List the deploys that the actor may see, the newest first."""
        query = select(DeployRow).where(visible(DeployRow.model, actor, Permission.DEPLOYS_READ))
        if model is not None:
            query = query.where(DeployRow.model == model)
        if state != "all":
            query = query.where((DeployRow.state == "running") == (state == "running"))
        with self._tools.database.read() as session:
            keys = [SortKey(DeployRow.id, descending=True)]
            page = read_page(session, query, keys, limit=limit, cursor=cursor)
            lines = lines_of(session, [row.id for row in page.items])
        return Page([_shown(row, lines[row.id]) for row in page.items], page.next_cursor)

    def cancel(self, deploy_id: str, actor: Actor) -> Deploy:
        """End a running deploy and undo what it has done; its last event comes once that is so. A second call changes nothing.

        Raises Conflict when it is over, or its version released."""
        with self._tools.database.transaction() as session:
            row = _visible(session, deploy_id, actor, Permission.MODEL_DEPLOY)
            if row.state != "running":
                raise Conflict(
                    f"The deploy is over: it {'failed' if row.state == 'failed' else 'is done'}.",
                    hint="`unshelf rollback` takes a live version out; a version without traffic costs nothing.",
                )
            if row.reached == "checked":
                raise Conflict("The dry run is over: its check has passed, and nothing of it is kept.")
            if row.reached == "released":
                raise Conflict(
                    "The deploy has released its version already.", hint="`unshelf rollback` takes a live version out."
                )
            if row.cancelled_by is None and row.reached != "undone":
                row.cancelled_by = actor.label
                self._tools.audit.record(session, actor, "deploy.cancelled", row.model, {"deploy": row.id})
                self._loops.hasten(session, QUEUE, row.id)
        self._loops.wake(QUEUE)
        return self.show(deploy_id, actor)

    def events(self, deploy_id: str, actor: Actor) -> AsyncIterator[str]:
        """The events of a deploy as lines of JSON, from the first on; of a running one, as they happen."""
        with self._tools.database.read() as session:
            _visible(session, deploy_id, actor)
        return self._followers.follow(deploy_id)

    def adopt(self) -> None:
        """Have deploys go on that an earlier release, which kept no queue, left running."""
        with self._tools.database.read() as session:
            running = session.scalars(select(DeployRow.id).where(DeployRow.state == "running")).all()
        if running:
            with self._tools.database.transaction() as session:
                for row in session.scalars(select(DeployRow).where(DeployRow.state == "running")).all():
                    if row.version is not None and row.reached is None:
                        is_first = self._tools.registry.version_numbers(session, row.model) == [row.version]
                        row.reached, row.live = "registered", is_first if row.release is None else row.release
                    self._loops.add_work(session, QUEUE, row.id, actor=row.created_by)

    def _work(self, claim: Claim) -> None:
        """Work on a deploy until its end, or until the claim is lost."""
        with self._tools.database.read() as session:
            row = session.get(DeployRow, claim.key)
            lines = stored_lines(session, claim.key)
            manifest = self._tools.bundles.find_manifest(session, row.bundle) if row is not None else None
        if row is None or row.state != "running":
            with self._tools.database.transaction() as session:
                claim.finish(session)
            return
        steps = steps_of(lines)
        order = DeployOrder(
            id=row.id, name=row.model, project=row.project or DEFAULT_PROJECT, bundle=row.bundle, release=row.release, alias=row.alias,
            actor=stored_actor(id=row.actor_id, kind=row.actor_kind, label=row.created_by),
            limits=None if row.limits is None else Limits.model_validate(row.limits), dry_run=bool(row.dry_run),
            reached=row.reached, version=row.version, step=steps[-1].step if steps else "lock" if row.bundle else "bundle",
        )  # fmt: skip
        journal = Journal(self._tools.database, claim, lambda: self._followers.wake(claim.key))
        DeployPipeline(order, self._tools, journal, claim).run(manifest)

    def _read_events(self, deploy_id: str, first: int) -> list[str] | None:
        with self._tools.database.read() as session:
            lines = stored_lines(session, deploy_id, first)
            row = session.get(DeployRow, deploy_id)
        if not lines and (row is None or row.state != "running"):
            return None
        return lines


def _shown(row: DeployRow, lines: list[str]) -> Deploy:
    fields = {
        "id": row.id, "name": row.model, "state": row.state, "version": row.version, "created_at": row.created_at,
        "live": row.live if row.state == "done" else None, "by": row.created_by, "ended_at": row.ended_at,
        "error": row.error if row.state == "failed" else None, "dry_run": bool(row.dry_run), "found": row.found,
        "steps": steps_of(lines),
    }  # fmt: skip
    return Deploy.model_validate(fields)


def _visible(
    session: Session, deploy_id: str, actor: Actor, permission: Permission = Permission.DEPLOYS_READ
) -> DeployRow:
    row = session.get(DeployRow, deploy_id)
    if row is None:
        raise NotFound(f"There is no deploy {deploy_id[:80]!a}.")
    place = model_scope(row.model, project=row.project or DEFAULT_PROJECT)
    scope = scopes_among(session, [row.model]).get(row.model) or place
    if not actor.may(Permission.MODEL_READ, scope):  # also for keys: an id must not lead to a model's name
        raise NotFound(f"There is no deploy {deploy_id[:80]!a}.")
    actor.must(permission, scope)
    return row


def _taken(name: str) -> Conflict:
    return Conflict(f"The name {name!r} is taken.", hint="Names are unique in the installation: choose another.")


def _must_begin(actor: Actor, scope: Scope) -> None:
    """Raise Forbidden for a new model in a project that the actor has no right in: one to models by their names, wherever they
    are, is none to what the project gives its models, such as secrets."""
    granted = actor.scopes(Permission.MODEL_DEPLOY)[0]
    is_of_project = any(each.covers(scope) and (each.kind == "installation" or each.project) for each in granted)
    if scope.project != DEFAULT_PROJECT and not is_of_project:
        actor.must(Permission.MODEL_DEPLOY, project_scope(scope.project))
