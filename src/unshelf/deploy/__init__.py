"""Deploy: from an uploaded bundle to a version that answers, under the names and shares that its owners choose."""
