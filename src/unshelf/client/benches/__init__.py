"""Benches through the client: begun, waited for, listed."""
