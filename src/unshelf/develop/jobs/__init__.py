"""Jobs: programs run once on a tier, recorded with what they ran in, what they read and what they left."""
