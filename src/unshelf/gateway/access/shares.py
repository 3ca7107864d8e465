"""Room that all callers share: bounded in all, and shared out by key and by project, so that nobody can take it from others."""

from unshelf.gateway.errors import ProblemError

_REMEMBERED = 4096
"""Holders that are kept although they hold nothing."""


class Count:
    """Count of what one key, or one project, holds of a room."""

    __slots__ = ("held", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.held = 0


class Holder:
    """A key that holds something for one project: two plain additions count it, on the path that every request takes."""

    __slots__ = ("key", "project")

    def __init__(self, key: Count, project: Count) -> None:
        self.key = key
        self.project = project


class SharedRoom:
    """Room for `capacity` bytes.

    A key may hold as much as is left free, and a project twice as much: one key gets half of an empty room, two get a third each, and
    the next one finds room (Choudhury and Hahne, "Dynamic queue length thresholds for shared-memory packet switches", 1998).
    The only thing that a key holds is never refused for its share, only where there is no room at all."""

    def __init__(self, capacity: int, of: str, *, limit: int | None = None) -> None:
        """`of`: what is held, for messages. `limit`: the largest thing that `try_hold` takes."""
        self.capacity = capacity
        self.limit = capacity if limit is None else limit
        self.held = 0
        self._easy = capacity // 3
        """While no more than this is held in all, nobody can be beyond a share."""
        self._of = of
        self._holders: dict[tuple[str, str], Holder] = {}
        self._keys: dict[str, Count] = {}
        self._projects: dict[str, Count] = {}

    def holder(self, key: str, name: str, project: str) -> Holder:
        """The holder for requests of the key with this id and name to a project's models; empty: not known yet, which counts for the key
        alone."""
        holder = self._holders.get((key, project))
        if holder is None:
            if len(self._holders) >= _REMEMBERED:
                self._forget()
            by_key = self._keys.setdefault(key, Count(name))
            by_project = self._projects.setdefault(project, Count(project)) if project else Count("")
            holder = self._holders[key, project] = Holder(by_key, by_project)
        return holder

    def try_hold(self, size: int, holder: Holder) -> bool:
        """Count something, if there is room for it in its holder's share; given back by `release`."""
        key, project = holder.key, holder.project
        if size > self.limit:
            return False
        if self.held + size > self._easy:
            free = self.capacity - self.held
            if (
                size > free
                or (key.held and key.held + size > free)
                or (project.held and project.held + size > 2 * free)
            ):
                return False
        self.held += size
        key.held += size
        project.held += size
        return True

    def grow(self, size: int, holder: Holder, mine: int) -> None:
        """Count more of something that grows, of which `mine` is counted. Raises ProblemError: too_many_requests beyond the key's or the
        project's share, overloaded where all have taken what there is."""
        key, project, free = holder.key, holder.project, self.capacity - self.held
        if key.held > mine and key.held + size > free:
            raise self._beyond_share(f"The key {key.name!r} holds", key.held)
        if project.held > mine and project.held + size > 2 * free:
            raise self._beyond_share(f"The project {project.name!r} holds", project.held)
        if size > free:
            raise ProblemError(
                "overloaded", f"The server holds as many {self._of} as it can: {_mib(self.capacity)}.",
                hint="Send it again later.", retry_after=1,
            )  # fmt: skip
        self.held += size
        key.held += size
        project.held += size

    def hold(self, size: int, holder: Holder) -> None:
        """Count something; given back by `release`. Raises ProblemError, see `grow`."""
        self.grow(size, holder, 0)

    def must_have_room(self, size: int, holder: Holder) -> None:
        """Refuse something of this size that could not be held now. Raises ProblemError, see `grow`."""
        self.hold(size, holder)
        self.release(size, holder)

    def release(self, size: int, holder: Holder) -> None:
        """Something of this size is no longer held."""
        self.held -= size
        holder.key.held -= size
        holder.project.held -= size

    def _beyond_share(self, whose: str, held: int) -> ProblemError:
        return ProblemError(
            "too_many_requests",
            f"{whose} {_mib(held)} of {self._of}: as much as the {_mib(self.capacity)} for all callers allow beside others.",
            hint="Send fewer at a time, or again later.", retry_after=1,
        )  # fmt: skip

    def _forget(self) -> None:
        """Forget those that hold nothing."""
        self._holders = {name: holder for name, holder in self._holders.items() if holder.key.held}
        self._keys = {name: count for name, count in self._keys.items() if count.held}
        self._projects = {name: count for name, count in self._projects.items() if count.held}


def _mib(size: int) -> str:
    return f"{size >> 20} MiB" if size >= 1 << 20 else f"{size} bytes"
