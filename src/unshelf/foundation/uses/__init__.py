"""Uses: each capability says what of another one its things are made of, or run."""
