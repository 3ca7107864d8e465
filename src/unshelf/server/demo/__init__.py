"""Content that the demo writes into the home folder of a platform that it made."""
