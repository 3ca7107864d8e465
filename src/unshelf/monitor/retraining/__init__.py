"""Retraining: recorded inputs, answers and labels of a model as versions of a dataset, with where they come from."""
