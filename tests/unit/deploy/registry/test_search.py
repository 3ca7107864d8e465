"""Models and versions as documents: by what the latest manifest says."""

from tests.support.deploying import Deploying
from unshelf.deploy.registry.search import RegistrySearch


def test_models_and_versions_have_the_words_of_their_manifests(deploying: Deploying) -> None:
    deploying.register("iris")
    deploying.register("iris", b"other")
    texts = RegistrySearch(deploying.bundles)
    with deploying.database.read() as session:
        assert list(session.scalars(texts.models().names)) == ["iris"]
        assert sorted(session.scalars(texts.versions().names)) == ["iris:1", "iris:2"]
        model = texts.models().documents(session, ["iris", "none"])
        versions = texts.versions().documents(session, ["iris:2", "iris:9", "none", "iris@x"])
    assert [(each.title, each.subject.model, each.page) for each in model] == [("iris", "iris", "/models/iris")]
    assert [(each.title, each.subject.name) for each in versions] == [("iris, version 2", "iris:2")]
    assert "python" in versions[0].text
    assert "0.bin" in versions[0].text
