"""The gateway process: takes predictions in, authenticates, routes, records and answers them; passes the rest to control."""
