"""Baselines: what is usual for a quantity at a place, learnt from the weeks that were, and compared with thresholds."""
