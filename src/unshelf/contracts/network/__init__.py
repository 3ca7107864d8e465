"""Network grants: what a version may reach, and what an operator lets projects grant."""
