"""Users: people's accounts, their passwords, and what happens when somebody leaves."""
