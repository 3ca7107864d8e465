"""Monitor: what models were asked and what they answered."""
