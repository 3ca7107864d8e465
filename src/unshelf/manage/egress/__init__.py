"""The network of versions: what is granted to each, within what the operator allows, and what was refused."""
