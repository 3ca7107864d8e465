"""The API of a single model, described for programs and people."""
