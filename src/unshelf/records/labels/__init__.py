"""Labels: the truth about predictions, as it arrives later."""
