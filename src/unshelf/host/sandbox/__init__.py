"""The sandbox: programs of users run with a user, files and processes of their own."""
