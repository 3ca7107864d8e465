"""Requests: somebody asks for something, and somebody with the permission grants or refuses it."""
