"""Permissions: what may be granted, as the stable strings that control, the routing table and gateways share."""

from collections.abc import Iterable
from enum import StrEnum


class Permission(StrEnum):
    """One thing that an actor may be allowed to do. Values are part of the public surface: never renamed, never reused."""

    MODEL_PREDICT = "model.predict"
    """Ask a model for predictions."""
    MODEL_READ = "model.read"
    """See that a model is there: its versions' numbers, aliases, release."""
    MODEL_INSPECT = "model.inspect"
    """See what a version is made of: files, code, packages, signature, checks, replicas."""
    APPS_USE = "apps.use"
    """Ask an app, which asks its model on the grant of who keeps it; the model itself need not be seen."""
    APPS_MANAGE = "apps.manage"
    """Make, change, embed and delete apps of a model."""
    MODEL_DEPLOY = "model.deploy"
    """Upload files, deploy versions and follow their deploys."""
    DEPLOYS_READ = "deploys.read"
    """See deploys: who began them, their steps, and how they ended."""
    MODEL_CHECK = "model.check"
    """Run a version's checks again, also with data of one's own."""
    MODEL_RELEASE = "model.release"
    """Change what callers get: release, rollback, aliases, limits, pause and resume."""
    MODEL_APPROVE = "model.approve"
    """Approve or refuse what waits for an approval."""
    MODEL_DELETE = "model.delete"
    """Remove a model or a version."""
    SECRETS_MANAGE = "secrets.manage"
    """Set, list and delete secrets; nobody can read their values."""
    SECRETS_READ = "secrets.read"
    """See which secrets there are: their names, never their values."""
    RECORDS_READ = "records.read"
    """Read and query the records of predictions."""
    RECORDS_WRITE = "records.write"
    """Send records of what a model that runs elsewhere was asked and answered."""
    LABELS_WRITE = "labels.write"
    """Send labels: the truth about predictions."""
    METRICS_READ = "metrics.read"
    """Read metrics."""
    DEFERRED_MANAGE = "deferred.manage"
    """Fetch and cancel the deferred predictions of every caller, not only one's own."""
    ENVIRONMENTS_READ = "environments.read"
    """See environments, their names, versions and locks, and export them."""
    ENVIRONMENTS_BUILD = "environments.build"
    """Make named environments of a project and versions of them, deprecate and delete them."""
    ENVIRONMENTS_MANAGE = "environments.manage"
    """Curate the environments of the installation: make, restrict, deprecate and delete them, and choose the default."""
    JOBS_READ = "jobs.read"
    """See jobs: what each runs, what it printed and left, how it ended."""
    JOBS_RUN = "jobs.run"
    """Run jobs in a project, cancel them and try them again."""
    DATA_READ = "data.read"
    """Read datasets, and what connections lead to; nobody can read a connection's credentials."""
    DATA_MANAGE = "data.manage"
    """Add, describe and remove datasets and connections."""
    ALERTS_READ = "alerts.read"
    """See alerts."""
    ALERTS_MANAGE = "alerts.manage"
    """Answer alerts."""
    COMMENTS_WRITE = "comments.write"
    """Comment, and tag."""
    PROJECT_READ = "project.read"
    """See a project: its description, goals, members and notes."""
    PROJECT_MANAGE = "project.manage"
    """Change, archive and restore a project, its goals, and who may see its models."""
    PROJECTS_CREATE = "projects.create"
    """Begin a project, and own it."""
    MEMBERS_MANAGE = "members.manage"
    """Grant roles to people, groups and service accounts, and take them away."""
    REQUESTS_CREATE = "requests.create"
    """Ask for what others may grant, and follow these requests."""
    REQUESTS_DECIDE = "requests.decide"
    """Grant or refuse what others request."""
    KEYS_MANAGE = "keys.manage"
    """Create, list and revoke keys."""
    KEYS_READ = "keys.read"
    """See which keys there are, never their tokens."""
    USERS_MANAGE = "users.manage"
    """Invite people, deactivate them, and make groups of them."""
    USERS_READ = "users.read"
    """See people, their groups, and which tokens and tiers they have."""
    QUOTAS_MANAGE = "quotas.manage"
    """Say who may use which tier, and how much of the machine."""
    USAGE_READ = "usage.read"
    """See what everybody used of the machine, and what it cost."""
    AUDIT_READ = "audit.read"
    """Read all events of the installation."""
    PLATFORM_READ = "platform.read"
    """See the machine and what runs on it."""
    PLATFORM_MANAGE = "platform.manage"
    """Look after the installation, such as having its search index made anew."""


CHECKED_BY_GATEWAYS = frozenset({Permission.MODEL_PREDICT, Permission.METRICS_READ, Permission.DEFERRED_MANAGE})
"""Permissions that a key's route carries: gateways ask for nothing else."""


_READS = {
    Permission.APPS_MANAGE: Permission.APPS_USE,
    Permission.MODEL_DEPLOY: Permission.DEPLOYS_READ,
    Permission.JOBS_RUN: Permission.JOBS_READ,
    Permission.SECRETS_MANAGE: Permission.SECRETS_READ,
    Permission.KEYS_MANAGE: Permission.KEYS_READ,
    Permission.USERS_MANAGE: Permission.USERS_READ,
    Permission.ENVIRONMENTS_BUILD: Permission.ENVIRONMENTS_READ,
    Permission.ENVIRONMENTS_MANAGE: Permission.ENVIRONMENTS_READ,
}


def with_reads(permissions: Iterable[Permission]) -> frozenset[Permission]:
    """Return these permissions with what they let their holder read: who may change keys sees them too."""
    given = frozenset(permissions)
    return given | {_READS[each] for each in given & _READS.keys()}
