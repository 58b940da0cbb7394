"""Who may do what: roles, scopes, and how far each person sees."""
