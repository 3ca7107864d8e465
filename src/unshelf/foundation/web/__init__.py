"""The web edge that every capability with routes shares: the guard, paging, problem responses."""
