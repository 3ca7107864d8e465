"""Files of a deploy: paths that can lie in one folder, rights as they were, holds that end."""

import hashlib
from typing import Any

import msgspec
import pytest

from tests.support.deploying import ANA, Deploying
from tests.support.stand_in_host import StandInHost, manifest_of
from unshelf.contracts.errors import Conflict, InvalidInput, NotFound
from unshelf.contracts.protocols.bundling import MadeBundle
from unshelf.contracts.protocols.host import BundleFiles
from unshelf.deploy.deploys.schemas import FileDeployRequest
from unshelf.deploy.deploys.service import DeployService
from unshelf.deploy.deploys.uploaded import check_files, forget_files
from unshelf.develop.jobs.tables import JobAttemptRow, JobRow, JobTreeRow
from unshelf.foundation.blob_holds import held_among
from unshelf.foundation.clock import now


def request(*paths: str, content: bytes = b"x", **more: Any) -> FileDeployRequest:
    file = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
    return FileDeployRequest.model_validate(
        {"name": "adder", "files": [{"path": path, **file} for path in paths], **more}
    )


@pytest.mark.parametrize(
    "paths",
    [
        ("../a",), ("/etc/passwd",), ("a/../b",), ("a\\b",), ("a/./b",), ("",), ("a//b",), ("x" * 300,), ("a\n",),
        ("a", "a"), ("Model.pkl", "model.pkl"), ("a", "a/b"), ("A/b", "a"),
    ],
)  # fmt: skip
def test_paths_that_can_not_lie_in_one_folder_are_refused(paths: tuple[str, ...]) -> None:
    with pytest.raises(InvalidInput):
        check_files(request(*paths))


def test_choices_name_files_that_were_sent() -> None:
    check_files(request("model.txt", "rows.csv", path="model.txt", example="rows.csv"))
    with pytest.raises(InvalidInput, match="none of the files"):
        check_files(request("model.txt", path="other.txt"))


def test_files_that_were_not_sent_begin_nothing(deploys: DeployService) -> None:
    with pytest.raises(Conflict):
        deploys.begin_with_files(request("a.txt", content=b"never sent"), ANA)


def test_files_are_held_as_long_as_they_are_kept(deploying: Deploying, deploys: DeployService) -> None:
    digest = deploying.upload(b"x")

    deploy = deploys.begin_with_files(request("a.txt", min_replicas=2, key="k" * 16), ANA)

    with deploying.database.read() as session:
        assert held_among(session, [digest]) == {digest}
    kept = deploys.files(deploy, ANA)
    assert (kept.request.min_replicas, kept.request.key, kept.missing) == (2, None, [])
    assert deploys.begin_with_files(request("a.txt", key="k" * 16), ANA) == deploy
    with deploying.database.transaction() as session:
        forget_files(session, [deploy])
    with deploying.database.read() as session:
        assert held_among(session, [digest]) == set()
    with pytest.raises(NotFound):
        deploys.files(deploy, ANA)


def test_what_the_host_made_is_stored_and_named_as_the_deploys_own(
    deploying: Deploying, deploys: DeployService
) -> None:
    digest = deploying.upload(b"x")
    deploy = deploys.begin_with_files(request("a.txt"), ANA)
    seen: list[BundleFiles] = []

    def bundle(asked: BundleFiles) -> MadeBundle:
        seen.append(asked)
        return msgspec.convert(
            {"manifest": manifest_of(asked), "made": [{"sha256": made, "content": b"made"}], "type": "bundle"},
            MadeBundle,
        )

    made = hashlib.sha256(b"made").hexdigest()
    host = StandInHost(deploying.host_socket, bundle=bundle)
    with host.running():
        found, own = deploying.files.bundle(deploy, ANA, lambda _: None, lambda: None)

    assert own == {digest, made}
    assert found.manifest.files == seen[0].files
    assert deploying.blobs.read(made) == b"made"


def test_the_job_that_left_the_files_is_one_that_did_and_that_the_deployer_sees(
    deploying: Deploying, deploys: DeployService
) -> None:
    digest = deploying.upload(b"x")
    with deploying.database.transaction() as session:
        session.add(JobTreeRow(digest="t", files=[]))
        session.flush()
        session.add(
            JobRow(
                id="j1", project="default", name="train", state="succeeded", reason="", tier="small", priority=0, code="t",
                command=["train.py"], wanted_environment={}, variables={}, secrets=[], inputs=[], network={}, parameters={},
                seconds=1.0, retries=0, attempts=1, created_at=now(), created_by="ana", actor_id="ana", actor_kind="user",
            )
        )  # fmt: skip
        session.flush()
        files = [{"path": "a.txt", "sha256": digest, "size": 1}]
        session.add(JobAttemptRow(job="j1", number=1, outcome="exited", detail="", files=files))
    deploy = deploys.begin_with_files(request("a.txt", job="j1"), ANA)
    with deploying.database.read() as session:
        assert deploying.files.job_of(session, deploy) == "j1"
        assert deploying.files.job_of(session, "no-such") is None
    with pytest.raises(NotFound):
        deploys.begin_with_files(request("a.txt", job="j2"), ANA)
    deploying.upload(b"y")
    with pytest.raises(InvalidInput, match="left none of these files"):
        deploys.begin_with_files(request("a.txt", content=b"y", job="j1"), ANA)
