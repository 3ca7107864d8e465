"""Access: actors, and what they may do where; without a web framework."""
