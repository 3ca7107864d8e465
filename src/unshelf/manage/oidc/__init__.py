"""OpenID Connect: people who log in with an identity provider, and what its groups give them."""
