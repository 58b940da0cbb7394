"""From labels to a better model: pictures of alerts and what was said of them become a dataset to train with."""
