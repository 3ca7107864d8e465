"""Data of the platform for the SDK: datasets, rows of whatever `data://` leads to, and the data of deploys."""
