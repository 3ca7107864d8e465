"""Use of the machine by versions, deploys and uploads, as quotas count it."""
