"""Copies of a database: taken of one state while others write, and loaded into an empty one."""
