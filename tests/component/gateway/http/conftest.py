"""The HTTP server, as tests of it share it."""

from tests.support.http_fixtures import hurried, own, served

__all__ = ["hurried", "own", "served"]
