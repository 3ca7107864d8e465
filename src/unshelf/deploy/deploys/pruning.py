"""Old deploys go: how a version came to be stays in the audit trail and in the version itself, the log of its steps does not."""

import logging
from datetime import timedelta

from sqlalchemy import delete, func, select

from unshelf.deploy.deploys.subjects import DEPLOY
from unshelf.deploy.deploys.tables import DeployEventRow, DeployRow
from unshelf.deploy.deploys.uploaded import forget_files
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.subjects import Subjects

_DEPLOYS_A_TRANSACTION = 200
"""Deploys a transaction, so that none keeps the database's one writer for long."""

logger = logging.getLogger(__name__)


def prune_deploys(database: Database, days: int, subjects: Subjects) -> int:
    """Delete the deploys that ended more than `days` days ago, with their events; how many."""
    before = now() - timedelta(days=days)
    ended = func.coalesce(DeployRow.ended_at, DeployRow.created_at)
    old = (
        select(DeployRow.id)
        .where(DeployRow.state != "running", ended < before)
        .order_by(DeployRow.id)
        .limit(_DEPLOYS_A_TRANSACTION)
    )
    pruned = 0
    while True:
        with database.transaction() as session:
            ids = session.scalars(old).all()
            forget_files(session, ids)
            session.execute(delete(DeployEventRow).where(DeployEventRow.deploy.in_(ids)))
            session.execute(delete(DeployRow).where(DeployRow.id.in_(ids)))
            subjects.removed(session, DEPLOY, ids)
        pruned += len(ids)
        if len(ids) < _DEPLOYS_A_TRANSACTION:
            break
    if pruned:
        logger.info("deleted old deploys", extra={"deploys": pruned})
    return pruned
