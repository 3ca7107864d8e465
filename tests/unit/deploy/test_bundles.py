"""Who keeps files alive: versions, running deploys, and for a day the hope of a deploy."""

import os
import threading
import time

from tests.support.in_process import InProcessControl
from tests.support.platform import wait_until
from unshelf.deploy.bundles.housekeeping import Housekeeping
from unshelf.deploy.bundles.service import BundleService
from unshelf.develop.environments.service import EnvironmentService
from unshelf.foundation.blob_files import FileBlobs
from unshelf.foundation.database import Database
from unshelf.foundation.hostlink import HostLink


def bundle_service(control: InProcessControl) -> BundleService:
    """A second door to the same folder."""
    database = Database(f"sqlite:///{control.home.database}")
    return BundleService(
        database, FileBlobs(control.home.blobs), EnvironmentService(database), HostLink(control.host.path)
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
    wait_until(lambda: len(control.host.prepared) == 2, seconds=5, what="the check of wine")
    control.http.delete("/api/v1/models/iris").raise_for_status()
    assert control.blobs() == shared
    assert control.host.forgotten_environments == []
    control.host.gate.set()
    assert control.events(running)[-1]["state"] == "done"
    assert control.blobs() == shared
    assert control.host.forgotten_environments == []


def test_an_environment_that_had_to_wait_goes_after_the_deploy(control: InProcessControl) -> None:
    """Given a deploy under way, when a model with another environment is removed, then that goes once the deploy is done."""
    control.deploy("iris", b"1", requirements=("torch",))
    unused = control.show("iris")["version"]["environment"]
    control.host.gate = threading.Event()
    running = control.begin("wine", control.manifest(b"2"))
    wait_until(lambda: len(control.host.prepared) == 2, seconds=5, what="the check of wine")
    control.http.delete("/api/v1/models/iris").raise_for_status()
    assert control.host.forgotten_environments == []
    control.host.gate.set()
    control.events(running)
    wait_until(lambda: control.host.forgotten_environments == [unused], seconds=5, what="the environment is forgotten")


def test_fifty_deploys_and_removals_leave_nothing(control: InProcessControl) -> None:
    for number in range(50):
        control.deploy("iris", f"{number}".encode())
        control.http.delete("/api/v1/models/iris").raise_for_status()
    assert control.blobs() == set()
    assert len(control.host.forgotten_bundles) == 50
    assert control.http.get("/api/v1/environments").json() == {"environments": []}
    database = Database(f"sqlite:///{control.home.database}")
    with database.engine.connect() as connection:
        for table in ("bundles", "bundle_files", "bundle_holds", "environments", "environment_holds", "versions"):
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() == 0, table
    database.dispose()


def test_housekeeping_begins_at_once_and_ends_when_told(control: InProcessControl) -> None:
    old = control.upload(b"old")["sha256"]
    grow_old(control, old)
    housekeeping = Housekeeping(bundle_service(control))
    housekeeping.start()
    wait_until(lambda: control.blobs() == set(), seconds=5, what="the orphan is swept")
    housekeeping.stop()
