"""The event log sent on to other systems: a syslog receiver, and webhooks."""
