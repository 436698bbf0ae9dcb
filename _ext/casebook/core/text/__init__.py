"""What authors write: words with marks for roles, names, and bodies of YAML."""
