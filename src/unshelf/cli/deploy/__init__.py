"""Commands of the wing deploy: deploys, models, releases, predictions."""
