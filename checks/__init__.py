"""House rules that no linter knows: sizes, names, plain English, and unit tests that mirror the source."""
