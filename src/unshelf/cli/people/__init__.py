"""Commands about people: who one is, users, groups and personal tokens."""
