"""Methods for who looks after an installation."""
