"""Estimates of quality before labels arrive: from the confidence of classifiers, and from a model of the loss of quantities."""
