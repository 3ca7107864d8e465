"""Settings of identity: who logs in with what, and which roles there are beside the built-in ones."""
