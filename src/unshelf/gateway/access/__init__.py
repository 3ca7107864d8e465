"""Access at the gateway: known callers, allowed hosts, rate limits."""
