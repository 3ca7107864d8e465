"""Deploys: the way of a bundle to a version that answers, step by step, visible to the one who asked for it."""
