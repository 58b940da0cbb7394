"""What people say was true, and how well a configuration's alerts agree with it."""
