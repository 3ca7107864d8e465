"""Commands about what may be used of the machine: tiers and quotas."""
