"""Methods of the client for the wing manage, a class for each capability."""
