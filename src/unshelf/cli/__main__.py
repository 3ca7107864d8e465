"""`python -m unshelf.cli`: the command line without its script, as `unshelf demo` starts the platform."""

from unshelf.cli.main import main

if __name__ == "__main__":
    main()
