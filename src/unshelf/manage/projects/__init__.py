"""Projects: what everything belongs to."""
