"""The server: settings, supervisor, control, and the wiring that alone names concrete backends."""
