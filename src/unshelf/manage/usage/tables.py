"""The tables of use: by hour and consumer, how far each source was taken in, what callers had of versions, and prices."""

from datetime import datetime

from sqlalchemy import BigInteger, Double, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class UsageHourRow(Base):
    """Use by one consumer within one hour, and its cost at the prices of the moment at which it was taken in."""

    __tablename__ = "usage_hours"
    __table_args__ = (Index("ix_usage_hours_hour", "hour"), Index("ix_usage_hours_job", "job"))

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    """The digest of the fields that say whose it is."""
    hour: Mapped[int]
    """Unix time of the hour's beginning, divided by 3600."""
    kind: Mapped[str] = mapped_column(String(16))
    """One of contracts.metering.usage.ConsumerKind, or disk."""
    name: Mapped[str] = mapped_column(String(128))
    """platform: which process; warm: the environment; disk: what lies there."""
    project: Mapped[str] = mapped_column(String(64))
    model: Mapped[str] = mapped_column(String(200))
    version: Mapped[int]
    job: Mapped[str] = mapped_column(String(64))
    tier: Mapped[str] = mapped_column(String(64))
    person: Mapped[str] = mapped_column(String(200))
    """The label of who submitted the job, deployed the version, or asked for the build. Fields that say nothing are empty, or 0."""
    cpu_seconds: Mapped[float] = mapped_column(Double)
    memory_gib_seconds: Mapped[float] = mapped_column(Double)
    held_seconds: Mapped[float] = mapped_column(Double)
    gpu_seconds: Mapped[float] = mapped_column(Double)
    disk_gib_hours: Mapped[float] = mapped_column(Double)
    cost: Mapped[float] = mapped_column(Double)


class UsageSourceRow(Base):
    """How far a source of use was taken in."""

    __tablename__ = "usage_sources"

    source: Mapped[str] = mapped_column(String(64), primary_key=True)
    """The meter of a host; `disk`: what lies on the disk."""
    number: Mapped[int] = mapped_column(BigInteger)
    """The number of its last batch; of the disk, the Unix time up to which it is counted."""
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime)


class UsageUnsharedRow(Base):
    """An hour whose use of versions has to be divided among callers, once more."""

    __tablename__ = "usage_unshared"

    hour: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class UsagePredictionRow(Base):
    """The part that one caller had, for one purpose, of what a version used within one hour. The rest was kept warm for nobody."""

    __tablename__ = "usage_predictions"
    __table_args__ = (Index("ix_usage_predictions_model", "model", "version"),)

    hour: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    model: Mapped[str] = mapped_column(String(200), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    purpose: Mapped[str] = mapped_column(String(16), primary_key=True)
    caller: Mapped[str] = mapped_column(String(64), primary_key=True)
    """The id of the key or token; empty: the platform itself."""
    project: Mapped[str] = mapped_column(String(64))
    tier: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200))
    """The name of the key, or of the token's owner."""
    predictions: Mapped[int] = mapped_column(BigInteger)
    cpu_seconds: Mapped[float] = mapped_column(Double)
    memory_gib_seconds: Mapped[float] = mapped_column(Double)
    held_seconds: Mapped[float] = mapped_column(Double)
    gpu_seconds: Mapped[float] = mapped_column(Double)
    cost: Mapped[float] = mapped_column(Double)


class ResourcePriceRow(Base):
    """The price of a resource, for what runs on no tier with a price."""

    __tablename__ = "resource_prices"

    resource: Mapped[str] = mapped_column(String(32), primary_key=True)
    """cpu_hour, memory_gib_hour, gpu_hour or disk_gib_month."""
    price: Mapped[float] = mapped_column(Double)
