"""The running server: its processes, what it says, and the program that goes on in its place."""
