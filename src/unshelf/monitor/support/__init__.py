"""Support: how much a model matters, who answers for it, and to whom its alerts are escalated."""
