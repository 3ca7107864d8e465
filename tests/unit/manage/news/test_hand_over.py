"""An heir hears what is theirs now."""

from pathlib import Path

from tests.support.notifying import notifying
from tests.support.subjects import person, subject_world
from unshelf.foundation.clock import now
from unshelf.manage.news.hand_over import HandOverNews
from unshelf.manage.users.belongings import Belonging
from unshelf.manage.users.user import User


def user(name: str) -> User:
    return User(
        id=f"id-{name}", name=name, email="", full_name="", status="active", issuer=None, created_at=now(),
        created_by="admin", last_login_at=None, deactivated_at=None,
    )  # fmt: skip


def test_everything_is_named_and_nothing_is_no_news(tmp_path: Path) -> None:
    with subject_world(tmp_path) as world:
        made = notifying(world.database, tmp_path, subjects=world.subjects)
        news = HandOverNews(made.notifications)
        things = [
            Belonging(kind="key", name=f"k{number}", description="It goes on.", needs_heir=False)
            for number in range(60)
        ]
        with world.database.transaction() as session:
            news.tell(session, user("olga"), user("zoe"), [])
            news.tell(session, user("olga"), user("zoe"), things)
        page, unread = made.notifications.inbox(person("zoe"), limit=9)
        told = page.items[0].notification
    assert (unread, told.title) == (1, "You took over what olga leaves behind")
    assert told.body.splitlines()[0] == "key k0: It goes on." and told.body.endswith("… and 10 more")
