"""The check of a bundle, run in a fresh process of its own environment."""
