"""Parts of the demo about monitoring: what is judged of the past."""
