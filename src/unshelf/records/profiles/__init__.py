"""Profiles: fixed-size, mergeable summaries of tables, made in one pass over Arrow batches."""
