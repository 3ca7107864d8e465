"""Bundles are kept as long as somebody holds them, and everything of them goes afterwards."""

import os
import time
from datetime import timedelta

import pytest
from sqlalchemy import update

from tests.support.deploying import ANA, Deploying
from tests.support.stand_in_host import StandInHost
from unshelf.contracts.errors import Conflict
from unshelf.deploy.bundles.service import holder_of_deploy
from unshelf.foundation import garbage
from unshelf.foundation.clock import now
from unshelf.foundation.garbage import GarbageRow


def let_go(deploying: Deploying, *holders: str) -> None:
    with deploying.database.transaction() as session:
        deploying.bundles.let_go(session, holders)


def test_a_claimed_bundle_is_kept_and_its_manifest_found(deploying: Deploying) -> None:
    manifest = deploying.manifest(b"1", b"2")
    with deploying.bundles.claim(ANA, manifest, "iris:1"):
        pass
    assert deploying.bundles.collect()
    assert len(deploying.stored()) == 2
    with deploying.database.read() as session:
        assert deploying.bundles.manifest(session, manifest.digest) == manifest
        assert deploying.bundles.find_manifest(session, "0" * 64) is None


def test_a_claim_names_the_files_that_are_missing(deploying: Deploying) -> None:
    manifest = deploying.manifest(b"1", b"2")
    (_, missing) = (file.sha256 for file in manifest.files)
    deploying.blobs.delete([missing])
    with pytest.raises(Conflict) as refused, deploying.bundles.claim(ANA, manifest, "iris:1"):
        pass
    assert refused.value.detail.startswith("1 of")
    assert missing in refused.value.hint


def test_a_claim_that_fails_holds_nothing(deploying: Deploying) -> None:
    manifest = deploying.manifest(b"1")
    with pytest.raises(ZeroDivisionError), deploying.bundles.claim(ANA, manifest, "iris:1"):
        raise ZeroDivisionError
    with deploying.database.read() as session:
        assert deploying.bundles.find_manifest(session, manifest.digest) is None


def test_a_bundle_goes_with_its_last_holder(deploying: Deploying, host: StandInHost) -> None:
    manifest = deploying.manifest(b"1")
    with deploying.bundles.claim(ANA, manifest, "iris:1") as session:
        deploying.bundles.hold(session, manifest.digest, "wine:1")
    let_go(deploying, "iris:1")
    assert deploying.bundles.collect()
    assert (host.forgotten_bundles, len(deploying.stored())) == ([], 1)
    let_go(deploying, "wine:1")
    assert deploying.bundles.collect()
    assert (host.forgotten_bundles, deploying.stored()) == ([manifest.digest], set())


def test_a_file_that_another_bundle_needs_stays(deploying: Deploying, host: StandInHost) -> None:
    one, other = deploying.manifest(b"shared", b"1"), deploying.manifest(b"shared")
    for holder, manifest in (("iris:1", one), ("wine:1", other)):
        with deploying.bundles.claim(ANA, manifest, holder):
            pass
    let_go(deploying, "iris:1")
    deploying.bundles.collect()
    assert deploying.stored() == {other.files[0].sha256}
    assert host.forgotten_bundles == [one.digest]


def test_what_an_absent_host_could_not_delete_goes_later(deploying: Deploying) -> None:
    manifest = deploying.manifest(b"1")
    with deploying.bundles.claim(ANA, manifest, "iris:1"):
        pass
    let_go(deploying, "iris:1")
    assert not deploying.bundles.collect()
    with StandInHost(deploying.host_socket).running() as host:
        assert deploying.bundles.collect()
    assert host.forgotten_bundles == [manifest.digest]
    assert deploying.bundles.collect()


def test_environments_wait_for_running_deploys(deploying: Deploying, host: StandInHost) -> None:
    with deploying.bundles.claim(ANA, deploying.manifest(b"1"), holder_of_deploy("d1")) as session:
        deploying.environments.remember(session, "e1", lock="", python="3.11.7")
    assert not deploying.bundles.collect()
    assert host.forgotten_environments == []
    let_go(deploying, holder_of_deploy("d1"))
    assert deploying.bundles.collect()
    assert host.forgotten_environments == ["e1"]


def test_an_environment_that_was_built_again_is_not_deleted(deploying: Deploying, host: StandInHost) -> None:
    with deploying.database.transaction() as session:
        garbage.mark_deleting(session, "environment", ["e1"])
        garbage.mark(session, "environment", ["e1"], "pending")
        deploying.environments.remember(session, "e1", lock="", python="3.11.7")
        deploying.environments.hold(session, "e1", "iris:1")
    assert deploying.bundles.collect()
    assert host.forgotten_environments == []


def test_a_bundle_that_is_pending_garbage_can_be_claimed_again(deploying: Deploying) -> None:
    manifest = deploying.manifest(b"1")
    with deploying.database.transaction() as session:
        garbage.mark_deleting(session, "bundle", [manifest.digest])
        garbage.mark(session, "bundle", [manifest.digest], "pending")
    with deploying.bundles.claim(ANA, manifest, "iris:1"):
        pass
    assert deploying.bundles.collect()
    with deploying.database.read() as session:
        assert garbage.states_of(session, "bundle", [manifest.digest]) == {}


def test_no_environment_is_waited_for_once_its_deletion_was_cut_off(deploying: Deploying) -> None:
    with deploying.database.transaction() as session:
        garbage.mark_deleting(session, "environment", ["e1"])
        session.execute(update(GarbageRow).values(changed_at=now() - timedelta(minutes=1)))
    deploying.bundles.wait_for_environments()


def test_only_old_uploads_without_a_bundle_are_swept(deploying: Deploying) -> None:
    manifest = deploying.manifest(b"needed")
    with deploying.bundles.claim(ANA, manifest, "iris:1"):
        pass
    old, young = deploying.upload(b"old"), deploying.upload(b"young")
    long_ago = time.time() - 25 * 3600
    for digest in (old, manifest.files[0].sha256):
        os.utime(deploying.folder / "blobs" / digest[:2] / digest, (long_ago, long_ago))
    assert deploying.bundles.sweep_uploads() == 1
    assert deploying.stored() == {young, manifest.files[0].sha256}
    assert deploying.bundles.sweep_uploads() == 0
