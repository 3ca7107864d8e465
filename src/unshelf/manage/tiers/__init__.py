"""Tiers: the price of each, and who may use it."""
