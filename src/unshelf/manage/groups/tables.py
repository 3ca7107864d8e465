"""The tables of groups and their members."""

from datetime import datetime

from sqlalchemy import String, Text, false, true
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class GroupRow(Base):
    """One group."""

    __tablename__ = "groups"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    description: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))


class GroupMemberRow(Base):
    """One member of a group."""

    __tablename__ = "group_members"

    group_id: Mapped[str] = mapped_column(String(26), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(26), primary_key=True, index=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    is_local: Mapped[bool] = mapped_column(server_default=true())
    """Whether somebody here has put the user into the group."""
    is_provided: Mapped[bool] = mapped_column(server_default=false())
    """Whether the user is in it by the groups of an identity provider, which each login tells anew."""
