"""Why an alert was raised, or why none was: the inputs, predicates and states of the very detectors that run live."""
