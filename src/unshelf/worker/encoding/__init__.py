"""Encodings of values: JSON, nested lists, V2 tensors, data types."""
