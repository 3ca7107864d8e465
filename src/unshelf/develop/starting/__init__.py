"""Starting things again: what schedules and triggers have in common."""
