"""Packages: uv, what it is given of the operator's settings, and what it and the builds it runs may take and tell."""
