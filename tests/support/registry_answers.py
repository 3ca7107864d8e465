"""A model as control's API shows it, for stand-ins."""

from typing import Any

MODEL: dict[str, Any] = {"project": "default",
    "name": "iris", "versions": [1, 2], "aliases": {"champion": 1}, "release": [{"version": 1, "percent": 100.0}],
    "paused": False, "created_at": "2026-01-31T12:00:00Z", "latest": 2,
}  # fmt: skip


VERSION: dict[str, Any] = {
    "version": 1, "digest": "d" * 64, "created_at": "2026-01-31T12:00:00Z", "by": "admin",
    "loader": {"kind": "sklearn", "format": "skops"}, "environment": "e" * 64, "python": "3.11.7",
    "packages": [{"name": "numpy", "version": "2.4.6"}],
    "signature": {
        "inputs": {"kind": "columns", "container": "pandas", "columns": [
            {"name": "size", "type": "float64", "nullable": True}, {"name": "kind", "type": "string", "categories": ["a", "b"]},
        ]},
        "outputs": {"kind": "tensors", "tensors": [{"name": "output", "type": "int64", "shape": [-1]}]},
    },
    "checks": {
        "load_seconds": 0.5, "predict_seconds": 0.001, "example_rows": 5, "memory_bytes": 1 << 27, "batchable": True,
        "batch_rows": 257, "calls": 60,
    },
    "contains_code": False, "code": {"commit": "c" * 40}, "files": [{"path": "model.skops", "size": 10, "sha256": "f" * 64}],
    "description": "", "paused": False, "replicas": [],
    "batching": {"max_rows": 1024, "max_bytes": 16777216, "wait": 0.0},
}  # fmt: skip


DETAIL = {**MODEL, "versions": [{"version": 1}, {"version": 2}], "version": VERSION}
