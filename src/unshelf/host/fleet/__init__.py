"""The fleet: replicas of this machine, kept in step with the routing table and the memory budget."""
