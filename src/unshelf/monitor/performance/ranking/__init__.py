"""Quality of rankings: how high the relevant items of each query stand."""
