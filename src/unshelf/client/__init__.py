"""The Python SDK: bundles models and speaks HTTP."""
