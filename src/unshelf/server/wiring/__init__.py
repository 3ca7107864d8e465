"""Wiring: the parts that control is made of, a file a wing. The only place that chooses between concrete backends."""
