"""Foundation: what every wing stands on and none of them owns: database, blobs, the door to the host, errors, ids, clock."""
