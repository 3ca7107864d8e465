"""Batch scoring: the program of a job that predicts the rows of many chunks with one version, in several processes."""
