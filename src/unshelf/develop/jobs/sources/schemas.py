"""Git repositories on the wire."""

from pydantic import Field

from unshelf.foundation.web.schemas import AnswerModel, RequestModel


class GitRequest(RequestModel):
    """Code in a git repository, which is fetched by the project's network rules."""

    url: str = Field(max_length=1000, examples=["https://git.example.org/team/training.git"])
    """The address, `https://…`, without credentials."""
    ref: str = Field(default="", max_length=250)
    """A branch, a tag or a commit; empty: the default branch. The commit that it is then is recorded."""
    folder: str = Field(default="", max_length=1000)
    """The folder in it that the program is started in; empty: all of it."""
    secret: str = Field(default="", max_length=128)
    """The project's secret with a token, or USER:PASSWORD, for the repository; empty: it is public."""


class GitRefsRequest(RequestModel):
    """A repository whose branches and tags are asked for."""

    project: str = Field(default="default", max_length=64)
    """The project whose network rules and secrets count."""
    url: str = Field(max_length=1000)
    """The address."""
    secret: str = Field(default="", max_length=128)
    """The project's secret with a token, or USER:PASSWORD; empty: it is public."""


class GitRefsAnswer(AnswerModel):
    """Branches and tags of a repository, at most a thousand of each."""

    default: str
    """The default branch; empty: the repository names none."""
    branches: list[str]
    """The branches."""
    tags: list[str]
    """The tags."""


class GitDetail(AnswerModel):
    """The repository that a job's code comes from."""

    url: str
    """The address."""
    ref: str
    """The branch, tag or commit that was asked for; empty: the default branch."""
    folder: str
    """The folder in it; empty: all of it."""
    secret: str
    """The name of the secret it was entered with; empty: none."""
    commit: str
    """The commit; empty: it was not fetched yet."""
    notes: list[str]
    """Sentences on what of it was left out, such as links."""
