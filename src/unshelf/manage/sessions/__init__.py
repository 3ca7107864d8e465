"""Sessions: people who are logged in with a browser."""
