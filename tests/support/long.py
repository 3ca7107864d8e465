"""How thorough tests are that could go on for ever: as far as `make test` has time for, or as `make test-long` does."""

import os

LONG = os.environ.get("UNSHELF_TEST_LONG") == "1"
