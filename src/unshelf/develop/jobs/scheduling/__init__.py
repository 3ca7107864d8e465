"""Scheduling of jobs: environments made ready, places shared out, ends recorded."""
