"""The client of a bucket: what it trusts."""

from pathlib import Path

from tests.support.own_authority import server_of_own_authority
from unshelf.contracts.protocols.data import ConnectionAccess
from unshelf.develop.connections.sources.s3 import open_client
from unshelf.develop.datasets.processes import LIMITS


def test_an_authority_of_the_systems_store_is_trusted(tmp_path: Path) -> None:
    with server_of_own_authority(tmp_path, b"<ListBucketResult/>", "application/xml") as address:
        order = ConnectionAccess(
            kind="s3", settings={"bucket": "b", "endpoint": address}, credentials={}, path="", hosts=[], scratch=str(tmp_path),
            limits=LIMITS,
        )  # fmt: skip
        assert open_client(order).list_objects_v2(Bucket="b")["ResponseMetadata"]["HTTPStatusCode"] == 200
