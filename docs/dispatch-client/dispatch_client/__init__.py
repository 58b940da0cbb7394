"""A reference client for dispatch systems: follows the hub's feed, takes cases, reports progress and what is done."""
