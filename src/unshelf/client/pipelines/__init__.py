"""Pipelines for the SDK: steps written as functions, their graph, and runs of it on a server."""
