"""The ledger of prediction records: which files there must be, by digests that are closed into the event log."""
