"""Rendered street scenes with known truth: what the demo's cameras show and what its model was trained on."""
