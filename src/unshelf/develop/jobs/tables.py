"""The tables of jobs, of their attempts, of what they wait for, and of the trees of files that they read."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class JobRow(Base):
    """One job: what was asked for, how far it is, and how it ended. What it records is there for whatever tracks runs."""

    __tablename__ = "jobs"
    __table_args__ = (Index("ix_jobs_project_id", "project", "id"), Index("ix_jobs_state_id", "state", "id"))

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    """Sorts by time."""
    project: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200))
    """A title for people."""
    state: Mapped[str] = mapped_column(String(16))
    """One of develop.jobs.job.JobState."""
    reason: Mapped[str] = mapped_column(Text)
    """A sentence on what it waits for, or why it ended as it did; empty: there is nothing to say."""
    tier: Mapped[str] = mapped_column(String(64), index=True)
    priority: Mapped[int]
    """Higher ones go first among those of one person in one project."""
    code: Mapped[str] = mapped_column(ForeignKey("job_trees.digest"), index=True)
    git: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """develop.jobs.sources.git.GitSource, where the code comes from a repository; until it has a commit, the code has no files."""
    command: Mapped[list[str]] = mapped_column(JSON(none_as_null=True))
    """A file of the code, and its arguments."""
    wanted_environment: Mapped[dict[str, Any]] = mapped_column(JSON(none_as_null=True))
    """The environment that was asked for: `{"reference"}` or `{"requirements", "constraints", "python"}`, each with `from_code` where it
    is what the repository's own files ask for."""
    environment: Mapped[str | None] = mapped_column(String(64), index=True)
    """The hash; None: it is not known yet."""
    variables: Mapped[dict[str, str]] = mapped_column(JSON(none_as_null=True))
    secrets: Mapped[list[str]] = mapped_column(JSON(none_as_null=True))
    """Names of the project's secrets."""
    inputs: Mapped[list[dict[str, Any]]] = mapped_column(JSON(none_as_null=True))
    """`{"variable", "reference", "wanted", "tree"}` of each, of a dataset with `dataset` and `version`, of a place in a connection with
    `connection` and `path`, and once it was read with `sha256`, `rows` and `read_at`."""
    outputs: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    """develop.jobs.sources.publishing.JobOutput of each; None: none become data."""
    network: Mapped[dict[str, Any]] = mapped_column(JSON(none_as_null=True))
    """contracts.bundle.NetworkAccess."""
    parameters: Mapped[dict[str, Any]] = mapped_column(JSON(none_as_null=True))
    seconds: Mapped[float]
    """How long an attempt may take."""
    retries: Mapped[int]
    """How many attempts may follow one that failed."""
    parent: Mapped[str | None] = mapped_column(String(26), index=True)
    """The job that it is a changed copy of."""
    array: Mapped[str | None] = mapped_column(String(26), index=True)
    """The first job of the array that it belongs to; None: it stands alone."""
    array_index: Mapped[int | None]
    """0, 1, … in the array."""
    request_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    """The caller's name for its request, so that it can be repeated."""
    attempts: Mapped[int]
    """How many were begun."""
    results: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """The content of `results.json` that the last attempt left."""
    model: Mapped[str | None] = mapped_column(String(128), index=True)
    """The model whose program it runs, by the platform's own order; None: it runs a program that was brought."""
    use: Mapped[str | None] = mapped_column(String(16))
    """The kind of consumer that its use is counted to; None: `job`."""
    cancelled_by: Mapped[str | None] = mapped_column(String(200))
    """The label of the actor who asked for its end."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200), index=True)
    """The label of the actor."""
    actor_id: Mapped[str] = mapped_column(String(200))
    actor_kind: Mapped[str] = mapped_column(String(16))
    queued_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When it could have started for the first time."""
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When its first attempt began."""
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class JobAttemptRow(Base):
    """One attempt of a job."""

    __tablename__ = "job_attempts"

    job: Mapped[str] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """1, 2, …"""
    outcome: Mapped[str | None] = mapped_column(String(16), index=True)
    """One of contracts.protocols.jobs.AttemptEnd; None: it has not ended."""
    status: Mapped[int | None]
    """The exit status of its program; negative: a signal."""
    detail: Mapped[str] = mapped_column(Text)
    cpu_seconds: Mapped[float | None]
    peak_memory_bytes: Mapped[int | None] = mapped_column(BigInteger)
    series: Mapped[list[list[float]] | None] = mapped_column(JSON(none_as_null=True))
    """Unix time, CPU seconds so far and bytes of memory, at moments of its run."""
    output: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """contracts.bundle.BundleFile of what it printed."""
    files: Mapped[list[dict[str, Any]]] = mapped_column(JSON(none_as_null=True))
    """contracts.bundle.BundleFile of each file that it left."""
    refused: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    """`{"place", "reason", "count"}` of connections that it was refused; null: none were."""
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """None: it has not begun."""
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class JobDependencyRow(Base):
    """A job that waits for another one."""

    __tablename__ = "job_dependencies"

    job: Mapped[str] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    after: Mapped[str] = mapped_column(ForeignKey("jobs.id"), primary_key=True, index=True)


class JobTreeRow(Base):
    """Files that jobs read, code or data: held as long as a job names them."""

    __tablename__ = "job_trees"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    """The SHA-256 of the list of its files: their paths, digests and sizes."""
    files: Mapped[list[dict[str, Any]]] = mapped_column(JSON(none_as_null=True))
    """contracts.bundle.BundleFile of each, by path."""
