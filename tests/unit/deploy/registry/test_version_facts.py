"""Facts of a version, read without asking the host."""

import pytest

from tests.support.deploying import SIGNATURE, Deploying
from unshelf.contracts.errors import NotFound
from unshelf.deploy.registry.version_facts import VersionFactsReader


def test_the_manifest_and_the_signature_that_the_check_saw(deploying: Deploying) -> None:
    deploying.register("iris")
    deploying.register("iris", b"two")
    reader = VersionFactsReader(deploying.database, deploying.bundles)
    facts = reader.of("iris", 2)
    assert (facts.model, facts.number, facts.signature, facts.manifest.loader.kind) == ("iris", 2, SIGNATURE, "python")
    assert reader.numbers("iris") == [1, 2]
    assert reader.numbers("tulip") == []
    for model, version in (("iris", 3), ("tulip", 1)):
        with pytest.raises(NotFound):
            reader.of(model, version)
