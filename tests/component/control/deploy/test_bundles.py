"""Who keeps files alive: versions, running deploys, and for a day the hope of a deploy."""

import os
import threading
import time

import pytest

from tests.support.in_process import InProcessControl
from tests.support.waiting import wait_until
from unshelf.deploy.bundles.service import BundleService
from unshelf.develop.environments.service import EnvironmentService
from unshelf.foundation.blob_uploads import BlobUploads
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.host_client import HostLink
from unshelf.runtime.blobs.files import FileBlobs


def bundle_service(control: InProcessControl) -> BundleService:
    """A second door to the same folder."""
    database = SqliteDatabase(f"sqlite:///{control.home.folder}/unshelf.db")
    return BundleService(
        database,
        FileBlobs(control.home.blobs),
        EnvironmentService(database),
        HostLink(control.host.path),
        uploads=BlobUploads(database),
    )


def grow_old(control: InProcessControl, digest: str) -> None:
    path = control.home.blobs / digest[:2] / digest
    day_ago = time.time() - 25 * 3600
    os.utime(path, (day_ago, day_ago))


def test_uploads_that_never_became_a_bundle_are_swept_after_a_day(control: InProcessControl) -> None:
    """Given an old orphan, a young orphan and an old file of a version, when swept, then only the old orphan goes."""
    control.deploy("iris", b"needed")
    (needed,) = control.blobs()
    old, young = (control.upload(content)["sha256"] for content in (b"old", b"young"))
    grow_old(control, needed)
    grow_old(control, old)
    assert bundle_service(control).sweep_uploads() == 1
    assert control.blobs() == {needed, young}


def test_a_running_deploy_keeps_its_files_while_others_go(control: InProcessControl) -> None:
    """Given a deploy under way, when a model with the same file and environment is removed, then nothing it needs goes."""
    control.deploy("iris", b"shared")
    shared = control.blobs()
    control.host.gate = threading.Event()
    running = control.begin("wine", control.manifest(b"shared"))
    wait_until(lambda: len(control.host.prepared) == 2, what="the check of wine")
    control.http.delete("/api/v1/models/iris").raise_for_status()
    assert control.blobs() == shared
    assert control.host.forgotten_environments == []
    control.host.gate.set()
    assert control.events(running)[-1]["state"] == "done"
    assert control.blobs() == shared
    assert control.host.forgotten_environments == []


@pytest.mark.long
def test_an_environment_that_had_to_wait_goes_after_the_deploy(control: InProcessControl) -> None:
    """Given a deploy under way, when a model with another environment is removed, then that goes once the deploy is done."""
    control.deploy("iris", b"1", requirements=("torch",))
    unused = control.show("iris")["version"]["environment"]
    control.host.gate = threading.Event()
    running = control.begin("wine", control.manifest(b"2"))
    wait_until(lambda: len(control.host.prepared) == 2, what="the check of wine")
    control.http.delete("/api/v1/models/iris").raise_for_status()
    assert control.host.forgotten_environments == []
    control.host.gate.set()
    control.events(running)
    wait_until(lambda: control.host.forgotten_environments == [unused], what="the environment is forgotten")


@pytest.mark.long
@pytest.mark.parametrize("count", [5, pytest.param(50, marks=pytest.mark.long)])
def test_deploys_and_removals_leave_nothing(control: InProcessControl, count: int) -> None:
    for number in range(count):
        control.deploy("iris", f"{number}".encode())
        control.http.delete("/api/v1/models/iris").raise_for_status()
    assert control.blobs() == set()
    assert len(control.host.forgotten_bundles) == count
    assert control.http.get("/api/v1/environments").json()["environments"] == []
    database = SqliteDatabase(f"sqlite:///{control.home.folder}/unshelf.db")
    with database.engine.connect() as connection:
        for table in ("bundles", "bundle_files", "bundle_holds", "environments", "environment_holds", "versions"):
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() == 0, table
    database.dispose()


@pytest.mark.long
def test_a_deploy_is_taken_on_while_the_host_is_asked_to_delete(control: InProcessControl) -> None:
    """Given a host that takes long to delete, then other bundles are claimed at once, and the same one after the deletion."""
    control.deploy("iris", b"1")
    control.host.delete_gate = threading.Event()
    removing = threading.Thread(target=control.http.delete, args=("/api/v1/models/iris",))
    removing.start()
    wait_until(lambda: len(control.host.forgotten_bundles) == 1, what="the host is deleting")
    control.begin("other", control.manifest(b"2"))
    waiting: list[str] = []
    same = threading.Thread(target=lambda: waiting.append(control.begin("iris", control.manifest(b"1"))))
    same.start()
    assert waiting == []
    control.host.delete_gate.set()
    removing.join()
    same.join()
    assert control.events(waiting[0])[-1]["state"] == "done"


@pytest.mark.long
def test_a_bundle_whose_files_are_deleted_before_it_is_claimed_is_refused(control: InProcessControl) -> None:
    manifest = control.manifest(b"1")
    control.deploy("iris", b"1")
    control.http.delete("/api/v1/models/iris").raise_for_status()
    answer = control.http.post("/api/v1/deploys", json={"name": "iris", "manifest": manifest})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
