"""Identity: whose token or session a request comes with."""
