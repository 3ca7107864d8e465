"""Develop: what models are made of and run in. So far: environments."""
