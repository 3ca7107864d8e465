"""Dashboards: what a model did in a range of time and how its data changed, and all models by what needs attention."""
