"""Windows: profiles of recorded predictions and facts of their traffic by model, version and hour, which merge to any range."""
