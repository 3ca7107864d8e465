"""Windows of a number of predictions: how they are filled in the order of counting, and stored."""
