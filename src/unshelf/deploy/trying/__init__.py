"""Trying versions out: what a form for their inputs is made from, and answers that nothing counts as use."""
