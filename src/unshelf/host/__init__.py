"""The host, one per machine: locks, builds and checks environments; starts, watches and stops workers."""
