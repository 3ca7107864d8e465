"""Settings and credentials of each kind of connection."""

from typing import Any

import pytest

from unshelf.contracts.errors import InvalidInput
from unshelf.develop.connections.kinds import check_connection, host_of


@pytest.mark.parametrize(
    ("kind", "settings", "credentials", "host"),
    [
        ("local", {"folder": "shared", "prefix": "2024"}, {}, None),
        ("s3", {"bucket": "b"}, {}, ("s3.us-east-1.amazonaws.com", 443)),
        ("s3", {"bucket": "b", "region": "eu-central-1"}, {"access_key_id": "a"}, ("s3.eu-central-1.amazonaws.com", 443)),
        ("s3", {"bucket": "b", "endpoint": "http://minio:9000"}, {}, ("minio", 9000)),
        ("sql", {"host": "DB", "database": "d"}, {"user": "u", "password": "p"}, ("db", 5432)),
        ("sql", {"host": "db", "database": "d", "port": "1", "sslmode": "verify-full"}, {}, ("db", 1)),
        ("https", {"url": "https://data.example.org/a"}, {"token": "t"}, ("data.example.org", 443)),
        ("https", {"url": "https://data.example.org:8443"}, {}, ("data.example.org", 8443)),
    ],
)  # fmt: skip
def test_a_good_connection_leads_to_its_host(
    kind: Any, settings: dict[str, str], credentials: dict[str, str], host: Any
) -> None:
    check_connection(kind, settings, credentials)
    assert host_of(kind, settings) == host


@pytest.mark.parametrize(
    ("kind", "settings", "credentials", "said"),
    [
        ("local", {}, {}, "needs folder"),
        ("local", {"folder": "a"}, {"user": "x"}, "credentials"),
        ("local", {"folder": "a", "prefix": "../b"}, {}, "prefix"),
        ("s3", {"bucket": "b", "endpoint": "ftp://x"}, {}, "endpoint"),
        ("s3", {"bucket": "b", "endpoint": "http://x:99999"}, {}, "endpoint"),
        ("sql", {"host": "h", "database": "d", "port": "0"}, {}, "port"),
        ("sql", {"host": "h", "database": "d", "port": "x"}, {}, "port"),
        ("sql", {"host": "h", "database": "d", "sslmode": "no"}, {}, "sslmode"),
        ("sql", {"host": "h", "database": "d"}, {"pasword": "x"}, "pasword"),
        ("https", {"url": "https://"}, {}, "url"),
        ("https", {"url": "https://h/?token=x"}, {}, "without credentials"),
        ("https", {"url": "https://h", "x": "y" * 5000}, {}, "nothing"),
        ("https", {"url": "https://h/\0"}, {}, "NUL"),
    ],
)
def test_others_are_refused_with_what_is_wrong(
    kind: Any, settings: dict[str, str], credentials: dict[str, str], said: str
) -> None:
    with pytest.raises(InvalidInput, match=said):
        check_connection(kind, settings, credentials)
