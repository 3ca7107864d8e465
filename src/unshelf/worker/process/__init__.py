"""The worker as a process: lifeline, limits, reports, zygote, workers forked ahead."""
