"""The HTTP side: reads what is stored, takes operators' commands, and feeds dispatch."""
