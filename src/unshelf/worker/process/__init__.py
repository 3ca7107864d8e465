"""The worker as a process: lifeline, limits, reports, zygote."""
