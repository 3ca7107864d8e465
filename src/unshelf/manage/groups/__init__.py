"""Groups: users who get roles together."""
