"""Environments without a model: what they are made from, and the methods that make, show and export them."""
