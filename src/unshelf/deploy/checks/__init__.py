"""Checks of versions with data of a validator's own: what each row came to, how fast, how good; kept as evidence."""
