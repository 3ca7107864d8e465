"""The command line: one file a noun; speaks to a server only through the client."""
