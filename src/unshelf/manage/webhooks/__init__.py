"""Webhooks: notifications sent to addresses that people and projects register, signed and tried until they arrive."""
