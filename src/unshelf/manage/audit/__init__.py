"""The audit trail: who did what, and when; written in the same transaction as what was done."""
