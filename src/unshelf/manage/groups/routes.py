"""Groups over HTTP."""

from unshelf.contracts.permissions import Permission
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.paging import Cursor, Limit
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter
from unshelf.manage.groups.schemas import GroupDetail, GroupList, GroupMember, GroupRequest, GroupSummary
from unshelf.manage.groups.service import GroupService

_MANAGER = requires(Permission.USERS_MANAGE)
_READER = requires(Permission.USERS_READ, anywhere=True, otherwise=Permission.MEMBERS_MANAGE)


def router(groups: GroupService) -> ApiRouter:
    """`/groups`."""
    routes = ApiRouter(tags=["groups"])

    @routes.post("/groups", status_code=201, responses=problem_answers("conflict"), dependencies=[_MANAGER])
    def create_group(wanted: GroupRequest, actor: CurrentActor) -> GroupSummary:
        """Make an empty group."""
        return GroupSummary.model_validate(groups.create(actor, name=wanted.name, description=wanted.description))

    @routes.get("/groups", dependencies=[_READER])
    def list_groups(limit: Limit = 1000, cursor: Cursor = None) -> GroupList:
        """List groups by their names, for actors who may see people, or grant roles to them."""
        page = groups.list_for(limit=limit, cursor=cursor)
        return GroupList(groups=page.map(GroupSummary.model_validate), next_cursor=page.next_cursor)

    @routes.get(
        "/groups/{group}",
        responses=problem_answers("not_found"),
        dependencies=[_READER],
    )
    def show_group(group: str) -> GroupDetail:
        """Show a group and its members."""
        found, members = groups.find(group)
        return GroupDetail(
            group=GroupSummary.model_validate(found), members=[GroupMember.model_validate(each) for each in members]
        )

    @routes.delete("/groups/{group}", status_code=204, responses=problem_answers("not_found"), dependencies=[_MANAGER])
    def remove_group(group: str, actor: CurrentActor) -> None:
        """Remove a group; its members lose the roles that it had."""
        groups.remove(actor, group)

    @routes.put(
        "/groups/{group}/members/{user}",
        status_code=204,
        responses=problem_answers("not_found"),
        dependencies=[_MANAGER],
    )
    def add_group_member(group: str, user: str, actor: CurrentActor) -> None:
        """Put a user into a group; doing it twice is fine."""
        groups.add_member(actor, group, user)

    @routes.delete(
        "/groups/{group}/members/{user}",
        status_code=204,
        responses=problem_answers("not_found"),
        dependencies=[_MANAGER],
    )
    def remove_group_member(group: str, user: str, actor: CurrentActor) -> None:
        """Take a user out of a group; doing it twice is fine."""
        groups.remove_member(actor, group, user)

    return routes
