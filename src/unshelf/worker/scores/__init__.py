"""Scores that are recorded beside a classifier's answer: where they come from, and how they travel."""
