"""S3: one way to reach it for blobs and prediction records. Needs the extra `s3`.

Credentials and region come from the standard AWS variables (AWS_ACCESS_KEY_ID, AWS_PROFILE, a role of the machine, …)."""

import contextlib
from collections.abc import Iterator

import botocore.session
import s3fs
from botocore.exceptions import BotoCoreError, ClientError

from unshelf.contracts.errors import Unavailable, UnshelfError
from unshelf.runtime.machine.authorities import authorities_file

BLOCK_BYTES = 5 << 20
"""The size of an uploaded part, the smallest that S3 takes, and of what is read ahead. The client copies each a few times."""
_CONNECT_SECONDS = 5
_READ_SECONDS = 30
_RETRIES = 3


class BadLocation(UnshelfError):
    """A setting does not name a place in S3."""

    code = "malformed_request"


class Location:
    """A bucket and a prefix, and the client that reaches them."""

    def __init__(self, url: str, endpoint: str) -> None:
        scheme, _, path = url.partition("://")
        self.bucket, _, prefix = path.strip("/").partition("/")
        if scheme != "s3" or not self.bucket:
            raise BadLocation(f"{url[:80]!r} names no place in S3: write s3://BUCKET or s3://BUCKET/PREFIX.")
        self.root = f"{self.bucket}/{prefix}".rstrip("/")
        self.filesystem = s3fs.S3FileSystem(
            endpoint_url=endpoint or None,
            use_listings_cache=False,
            skip_instance_cache=True,
            default_block_size=BLOCK_BYTES,
            client_kwargs={"verify": _authorities()},
            config_kwargs={
                "connect_timeout": _CONNECT_SECONDS,
                "read_timeout": _READ_SECONDS,
                "retries": {"total_max_attempts": _RETRIES, "mode": "standard"},
            },
        )

    def key(self, name: str) -> str:
        """Return the full name of an object below the prefix."""
        return f"{self.root}/{name}"

    def require(self) -> None:
        """Raise Unavailable unless the bucket answers."""
        with s3_errors(self.bucket):
            if not self.filesystem.exists(self.bucket):
                raise Unavailable(
                    f"The bucket {self.bucket} does not exist, or these credentials may not see it.",
                    hint="Make the bucket, and check the AWS variables and UNSHELF_S3_ENDPOINT.",
                )


def _authorities() -> str | None:
    """The system's certificate authorities; None where the AWS variables or the profile name others."""
    with contextlib.suppress(BotoCoreError):  # of a profile that is not there: the first request says so
        if botocore.session.Session().get_config_variable("ca_bundle"):
            return None
    return authorities_file("REQUESTS_CA_BUNDLE")


@contextlib.contextmanager
def s3_errors(bucket: str) -> Iterator[None]:
    """Turn an error of S3 into Unavailable. FileNotFoundError passes: the caller knows what is missing."""
    try:
        yield
    except FileNotFoundError:
        raise
    except PermissionError as error:
        raise Unavailable(
            f"S3 refuses access to the bucket {bucket}: {error}.",
            hint="Check the AWS variables, and that they may list, read, write and delete in this bucket.",
        ) from error
    except (OSError, BotoCoreError, ClientError) as error:
        raise Unavailable(
            f"S3 does not answer for the bucket {bucket}: {error}.",
            hint="Check that the address in UNSHELF_S3_ENDPOINT can be reached from this machine.",
        ) from error
