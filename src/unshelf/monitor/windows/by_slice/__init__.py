"""Windows of slices: the rows of a window that have one value of an input, counted where a monitor asks for them."""
