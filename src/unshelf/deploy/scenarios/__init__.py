"""Scenarios: named inputs of a model, of a person or shared with everybody who may call the model."""
