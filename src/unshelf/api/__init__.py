"""The HTTP edge of control: one app, one authentication, one table of errors; it mounts the routes of the wings."""
