"""News: events become notifications of those whom they concern."""
