"""Sample models: small real ones that come with the platform, for a first look."""
