"""Goals of projects: what is meant to be reached, by whom and when, and how far it is."""
