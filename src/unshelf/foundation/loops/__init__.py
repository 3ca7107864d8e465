"""Background work: named loops, periodic or fed by a queue, each piece of work done by one control at a time."""
