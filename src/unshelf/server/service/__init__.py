"""`unshelf up` as a service of the machine: under systemd, as the first process of a container, without a terminal."""
