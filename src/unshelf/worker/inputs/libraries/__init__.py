"""Columns of NumPy, pandas and polars, each made of the exact type that the signature names."""
