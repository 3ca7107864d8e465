"""The ways out of sandboxes: a relay a project, which connects to granted places and to nothing else."""
