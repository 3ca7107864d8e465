"""`python -m unshelf.host CONFIG_JSON`."""

from unshelf.host.main import main

main()
