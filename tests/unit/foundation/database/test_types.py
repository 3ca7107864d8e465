"""Moments in a database that knows no time zones, and names of constraints that migrations can rely on."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import ForeignKey, MetaData, create_engine, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime

NOON = datetime(2026, 1, 31, 12, 30, 0, 5, tzinfo=UTC)
IN_INDIA = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))


class Own(DeclarativeBase):
    """Tables of these tests alone, with the product's names."""

    metadata = MetaData(naming_convention=dict(Base.metadata.naming_convention))


class Parent(Own):
    __tablename__ = "parents"

    id: Mapped[int] = mapped_column(primary_key=True)
    moment: Mapped[datetime | None] = mapped_column(UtcDateTime, unique=True)


class Child(Own):
    __tablename__ = "children"

    id: Mapped[int] = mapped_column(primary_key=True)
    parent: Mapped[int] = mapped_column(ForeignKey("parents.id"), index=True)


@pytest.mark.parametrize(("stored", "read"), [(NOON, NOON), (IN_INDIA, NOON), (None, None)])
def test_a_moment_comes_back_in_utc(stored: datetime | None, read: datetime | None) -> None:
    engine = create_engine("sqlite://")
    Own.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(Parent).values(id=1, moment=stored))
        found = connection.scalar(select(Parent.moment))
    engine.dispose()
    assert found == read
    assert found is None or found.utcoffset() == timedelta(0)


def test_a_moment_without_its_time_zone_is_refused() -> None:
    engine = create_engine("sqlite://")
    Own.metadata.create_all(engine)
    with pytest.raises(StatementError, match="no time zone"), engine.begin() as connection:
        connection.execute(insert(Parent).values(id=1, moment=NOON.replace(tzinfo=None)))
    engine.dispose()


def test_a_database_that_knows_time_zones_is_read_in_utc_too() -> None:
    kind = UtcDateTime()
    assert kind.process_result_value(IN_INDIA, postgresql.dialect()) == NOON
    read = kind.process_result_value(IN_INDIA, sqlite.dialect())
    assert read is not None
    assert read.utcoffset() == timedelta(0)


def test_constraints_have_names_that_follow_from_their_tables() -> None:
    tables = Own.metadata.tables
    names = {constraint.name for table in tables.values() for constraint in table.constraints}
    assert names == {"pk_parents", "uq_parents_moment", "pk_children", "fk_children_parent_parents"}
    assert [index.name for index in tables["children"].indexes] == ["ix_children_parent"]
