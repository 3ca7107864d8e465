"""Records of predictions: the archive, SQL over it, and the tail of open segments."""
