"""Everything behind `data://`: names are shown, their rows and files read, whatever they lead to."""
