"""A folder sent as the page sends it: each file by its digest, then the list of them."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import msgspec

Events = list[dict[str, Any]]


def contents_of(folder: Path) -> dict[str, bytes]:
    """The files below a folder by their paths in it."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def send(http: httpx.Client, contents: Mapping[str, bytes]) -> list[dict[str, Any]]:
    """Upload what is missing; the list of files as a deploy names them."""
    files = [
        {"path": path, "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
        for path, content in contents.items()
    ]
    missing = http.post("/api/v1/blobs/missing", json={"digests": [file["sha256"] for file in files]}).json()["missing"]
    for content in {hashlib.sha256(content).hexdigest(): content for content in contents.values()}.items():
        if content[0] in missing:
            assert http.put(f"/api/v1/blobs/{content[0]}", content=content[1]).is_success
    return files


def begin(http: httpx.Client, name: str, contents: Mapping[str, bytes], **choices: Any) -> httpx.Response:
    """Send files and begin a deploy of them."""
    return http.post("/api/v1/deploys/files", json={"name": name, "files": send(http, contents), **choices})


def follow(http: httpx.Client, deploy_id: str) -> Events:
    """The events of a deploy to its end."""
    answer = http.get(f"/api/v1/deploys/{deploy_id}/events", timeout=600)
    assert answer.is_success, answer.text
    return [msgspec.json.decode(line) for line in answer.text.splitlines()]


def deploy(http: httpx.Client, name: str, contents: Mapping[str, bytes], **choices: Any) -> Events:
    """Send files, deploy them and follow that to its end."""
    begun = begin(http, name, contents, **choices)
    assert begun.status_code == 202, begun.text
    return follow(http, begun.json()["id"])
