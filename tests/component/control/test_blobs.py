"""Content by digest: a digest that one has learned is no way to what others have uploaded."""

import hashlib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.in_process import InProcessControl, in_process_control

SECRET = b"name,salary\nana,1\n"
DIGEST = hashlib.sha256(SECRET).hexdigest()
FILE = {"path": "a.csv", "sha256": DIGEST, "size": len(SECRET)}


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcessControl]:
    with in_process_control(tmp_path_factory.mktemp("blobs") / "home") as running:
        for name in ("credit", "mortgage"):
            assert running.http.post("/api/v1/projects", json={"name": name}).status_code == 201
        yield running


@pytest.fixture(scope="module")
def ours(control: InProcessControl) -> httpx.Client:
    """A contributor of the project that has the file, as a dataset and in a model."""
    client = control.client(role="contributor", project="credit")
    assert client.put(f"/api/v1/blobs/{DIGEST}", content=SECRET).status_code == 201
    added = client.post("/api/v1/data", json={"name": "salaries", "project": "credit", "files": [FILE]})
    assert added.status_code == 201, added.text
    return client


def theirs(control: InProcessControl) -> httpx.Client:
    """Somebody who may do the same in another project, and has learned the digest."""
    return control.client(role="contributor", project="mortgage")


def deploy(name: str, project: str, **more: Any) -> dict[str, Any]:
    manifest = {"loader": {"kind": "python"}, "files": [FILE], "python": "3.11", "requirements": ["numpy"]}
    return {"name": name, "project": project, "manifest": manifest, **more}


def test_a_stored_file_of_others_is_missing_like_one_that_nobody_has(
    control: InProcessControl, ours: httpx.Client
) -> None:
    wanted = {"digests": [DIGEST, "0" * 64]}
    assert ours.post("/api/v1/blobs/missing", json=wanted).json() == {"missing": ["0" * 64]}
    assert theirs(control).post("/api/v1/blobs/missing", json=wanted).json() == {"missing": [DIGEST, "0" * 64]}


def test_nobody_attaches_a_file_that_they_only_know_the_digest_of(
    control: InProcessControl, ours: httpx.Client
) -> None:
    other = theirs(control)
    baseline = {"file": FILE}
    mine = {"path": "m.bin", "sha256": hashlib.sha256(b"mine").hexdigest(), "size": 4}
    assert other.put(f"/api/v1/blobs/{mine['sha256']}", content=b"mine").status_code == 201
    manifest = deploy("thief", "mortgage")["manifest"] | {"files": [mine]}
    for path, body in (
        ("/api/v1/data", {"name": "stolen", "project": "mortgage", "files": [FILE]}),
        ("/api/v1/deploys", deploy("thief", "mortgage")),
        ("/api/v1/deploys", {"name": "thief", "project": "mortgage", "manifest": manifest, "baseline": baseline}),
    ):
        refused = other.post(path, json=body)
        unknown = other.post(path, content=refused.request.content.replace(DIGEST.encode(), b"0" * 64),
                             headers={"content-type": "application/json"})  # fmt: skip
        assert (refused.status_code, refused.json()["code"]) == (409, "conflict"), path
        assert refused.text.replace(DIGEST, "0" * 64) == unknown.text
    wrong = other.put(f"/api/v1/blobs/{DIGEST}", content=b"a guess")
    assert wrong.status_code == 400
    assert DIGEST in other.post("/api/v1/blobs/missing", json={"digests": [DIGEST]}).json()["missing"]


def test_who_has_the_content_sends_it_and_learns_nothing_of_others(
    control: InProcessControl, ours: httpx.Client
) -> None:
    other = theirs(control)
    assert other.put(f"/api/v1/blobs/{DIGEST}", content=SECRET).status_code == 201
    added = other.post("/api/v1/data", json={"name": "own-salaries", "project": "mortgage", "files": [FILE]})
    assert added.status_code == 201


def test_who_may_read_what_has_the_file_need_not_send_it(control: InProcessControl, ours: httpx.Client) -> None:
    reader = control.client(role="contributor", project="credit")
    assert reader.post("/api/v1/blobs/missing", json={"digests": [DIGEST]}).json() == {"missing": []}
    begun = reader.post("/api/v1/deploys", json=deploy("ours", "credit"))
    assert begun.status_code == 202, begun.text
    assert control.events(begun.json()["id"])[-1]["state"] == "done"
    assert ours.delete("/api/v1/data/salaries").status_code == 204
    fresh = control.client(role="contributor", models=["ours"])
    assert fresh.post("/api/v1/blobs/missing", json={"digests": [DIGEST]}).json() == {"missing": []}
