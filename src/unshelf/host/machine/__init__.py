"""The machine: its facts and its memory."""
