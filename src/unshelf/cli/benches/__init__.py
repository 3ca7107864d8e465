"""Commands about benches."""
