"""A place in S3 by its address, and the errors of S3 in words that an operator can act on."""

from pathlib import Path

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from tests.support.own_authority import server_of_own_authority
from unshelf.contracts.errors import Unavailable
from unshelf.runtime.s3 import BadLocation, Location, s3_errors


@pytest.mark.parametrize(
    ("url", "bucket", "key"),
    [
        ("s3://b", "b", "b/x"), ("s3://b/", "b", "b/x"), ("s3://b/p", "b", "b/p/x"), ("s3://b/p/q/", "b", "b/p/q/x"),
    ],
)  # fmt: skip
def test_an_address_names_a_bucket_and_a_prefix(url: str, bucket: str, key: str) -> None:
    location = Location(url, "http://127.0.0.1:9")
    assert (location.bucket, location.key("x")) == (bucket, key)


@pytest.mark.parametrize("url", ["", "files", "s3:", "s3://", "s3:///", "http://b/p", "S3"])
def test_what_names_no_bucket_is_refused(url: str) -> None:
    with pytest.raises(BadLocation, match="write s3://BUCKET"):
        Location(url, "")


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (PermissionError("Forbidden"), "refuses access to the bucket b"),
        (OSError("broken"), "does not answer for the bucket b"),
        (EndpointConnectionError(endpoint_url="http://x"), "does not answer for the bucket b"),
        (ClientError({"Error": {"Code": "SlowDown"}}, "PutObject"), "does not answer for the bucket b"),
    ],
)
def test_an_error_of_s3_is_told_with_what_to_check(error: Exception, says: str) -> None:
    with pytest.raises(Unavailable, match=says) as raised, s3_errors("b"):
        raise error
    assert raised.value.hint
    assert raised.value.__cause__ is error


@pytest.mark.parametrize("error", [FileNotFoundError("x"), KeyError("x")])
def test_what_is_missing_and_what_is_our_own_fault_passes(error: Exception) -> None:
    with pytest.raises(type(error)), s3_errors("b"):
        raise error


def test_an_authority_of_the_systems_store_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "a"),
        ("AWS_SECRET_ACCESS_KEY", "b"),
        ("AWS_DEFAULT_REGION", "eu-west-1"),
    ):
        monkeypatch.setenv(name, value)
    with server_of_own_authority(tmp_path, b"<ListBucketResult/>", "application/xml") as address:
        Location("s3://b", address).require()
