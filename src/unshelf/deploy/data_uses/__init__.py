"""Data that versions are made with: the profile of each baseline, and the datasets that examples and baselines come from."""
