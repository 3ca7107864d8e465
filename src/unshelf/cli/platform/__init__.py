"""Commands about the platform itself: start it, examine the machine."""
