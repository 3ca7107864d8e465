"""The tests. See CONTRIBUTING.md for what lives where."""
