"""A simulated city with its own database and broker: it publishes like any outside system, with no way in."""
