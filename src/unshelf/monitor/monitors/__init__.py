"""Monitors: what is watched of each model, judged window by window, with alerts for what is found."""
