"""Tests of rules as data: a YAML file of what was observed and what should be raised in, what differs out; pure."""
