"""The audit trail over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query

from unshelf.manage.access import requires
from unshelf.manage.audit.schemas import AuditEvent, AuditEvents
from unshelf.manage.audit.service import AuditService


def router(audit: AuditService) -> APIRouter:
    """`GET /audit`, for administrators."""
    routes = APIRouter(tags=["audit"])

    @routes.get("/audit", dependencies=[requires("admin")])
    def list_events(limit: Annotated[int, Query(ge=1, le=10_000)] = 100) -> AuditEvents:
        """The last things done in this installation, newest first."""
        return AuditEvents(events=[AuditEvent.model_validate(row) for row in audit.recent(limit)])

    return routes
