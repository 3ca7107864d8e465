"""Values of predictions: what right and wrong answers of a model are worth, in its own unit."""
