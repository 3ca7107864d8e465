"""`unshelf demo`: a platform, a model trained on real data, a deploy, predictions, and a line to call it by."""
