"""Personal tokens: what people's programs act with, for all or a part of what the people may do."""
