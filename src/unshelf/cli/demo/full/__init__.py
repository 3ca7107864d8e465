"""`unshelf demo --full`: a platform filled with believable content, part by part."""
