"""Performance: recorded predictions held against their labels, by version, hour and slice, as sums that merge."""
