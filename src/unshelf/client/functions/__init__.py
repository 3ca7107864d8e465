"""Functions that run as jobs: `@unshelf.job`."""
