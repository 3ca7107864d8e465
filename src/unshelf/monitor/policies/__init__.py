"""Policies: what the platform does about alerts without anybody, where somebody set that up."""
