"""Exports: monitors as Prometheus alert rules and as a Grafana dashboard, with the thresholds that the platform judges by."""
