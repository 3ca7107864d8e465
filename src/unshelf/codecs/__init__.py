"""Body formats: one reader of each, for what is taken out of bodies before they are recorded and for columns out of records."""
