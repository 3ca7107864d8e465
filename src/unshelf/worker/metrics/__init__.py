"""Custom metrics: a function of somebody's own, evaluated on labelled predictions day by day, as the program of a job."""
