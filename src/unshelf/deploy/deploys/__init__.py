"""Deploys: the way of a bundle to a version that answers, step by step, in sight of whoever asked for it."""
