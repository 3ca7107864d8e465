"""Parts of the settings, each of one matter."""
