"""Forms of apps: what is asked, how it becomes a row, and how the answer becomes words."""
