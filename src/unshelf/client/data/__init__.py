"""Data of any library as rows, columns, examples, signatures and Arrow streams."""
