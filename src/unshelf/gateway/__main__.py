"""`python -m unshelf.gateway CONFIG_JSON`: one gateway process, started by the supervisor."""

import sys

from unshelf.gateway.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
