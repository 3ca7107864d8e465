"""Pages: the web application's files, as `make web` builds them, and how they are served."""
