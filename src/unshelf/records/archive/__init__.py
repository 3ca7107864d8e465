"""The archive: segments become Parquet by model, version and day."""
