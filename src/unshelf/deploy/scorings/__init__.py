"""Scorings: all rows of some data predicted with one version, by a job, and written where they are wanted."""
