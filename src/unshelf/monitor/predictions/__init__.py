"""Predictions: what was asked and answered, read from the segments that gateways write."""
