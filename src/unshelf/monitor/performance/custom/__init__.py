"""Custom metrics: functions of somebody's own, evaluated in the sandbox on the labelled predictions of each day."""
