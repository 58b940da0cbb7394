"""city.yaml and detectors.yaml, checked, with errors that name file and line."""
