"""Places in git repositories: what is one, and what has to be granted for it."""

import pytest

from unshelf.contracts.errors import InvalidInput
from unshelf.develop.jobs.sources.git import GitSource, check_git, place_in


@pytest.mark.parametrize(
    "source",
    [
        GitSource(url="https://git.example.org/team/repo.git"),
        GitSource(url="https://git.example.org:8443/a", ref="feature/x_1", folder="a/b", secret="TOKEN"),
        GitSource(url="http://127.0.0.1:3000/a", secret="TOKEN"),
        GitSource(url="https://[2001:db8::1]/a", ref="v1.0"),
    ],
)
def test_addresses_of_the_web_are_taken(source: GitSource) -> None:
    check_git(source)


@pytest.mark.parametrize(
    ("source", "what"),
    [
        (GitSource(url="file:///etc"), "no address|can't be fetched"),
        (GitSource(url="ext::sh -c id"), "no address|can't be fetched"),
        (GitSource(url="ssh://git@example.org/a"), "can't be fetched from"),
        (GitSource(url="git@example.org:a/b.git"), "no address|can't be fetched"),
        (GitSource(url="/srv/repository"), "no address"),
        (GitSource(url="--upload-pack=id"), "no address"),
        (GitSource(url="https://ana:pw@example.org/a"), "no credentials"),
        (GitSource(url="https://example.org/a?token=x"), "no credentials"),
        (GitSource(url="https://example.org/a\nb"), "can't be fetched from"),
        (GitSource(url="http://example.org/a", secret="TOKEN"), "in the clear"),
        (GitSource(url="http://127.evil.org/a", secret="TOKEN"), "in the clear"),
        (GitSource(url="https://example.org/a", ref="--exec=id"), "no branch"),
        (GitSource(url="https://example.org/a", ref="a..b"), "no branch"),
        (GitSource(url="https://example.org/a", folder="../up"), "no folder"),
        (GitSource(url="https://example.org:0/a"), "no port"),
        (GitSource(url="https://example.org:99999/a"), "no address"),
    ],
)
def test_other_protocols_credentials_and_options_are_refused(source: GitSource, what: str) -> None:
    with pytest.raises(InvalidInput, match=what):
        check_git(source)


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://Git.Example.org/a", "git.example.org:443"),
        ("http://example.org/a", "example.org:80"),
        ("https://[2001:db8::1]:8443/a", "[2001:db8::1]:8443"),
    ],
)
def test_the_place_is_that_of_the_address(url: str, place: str) -> None:
    assert place_in(GitSource(url=url)) == place
