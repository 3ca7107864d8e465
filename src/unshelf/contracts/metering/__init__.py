"""Metering: shapes of use, as hosts measure it and control takes it in."""
