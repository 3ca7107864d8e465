"""Commands for notifications and webhooks."""
