"""Citizens' reports: what they say, where they lie, what they resemble, and what their reporters are told; pure."""
