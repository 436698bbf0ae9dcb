"""What makes a page a study: its summary, its reading path, the inventory."""
