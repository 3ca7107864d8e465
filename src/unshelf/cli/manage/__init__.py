"""Commands of the wing manage: keys, limits, audit."""
