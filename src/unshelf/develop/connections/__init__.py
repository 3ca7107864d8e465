"""Connections: places where data lies, with sealed credentials; and bindings, names that lead to other data."""
