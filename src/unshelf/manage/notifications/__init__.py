"""Notifications: to an inbox, by e-mail and to webhooks, as each person chooses."""
