"""The web edition and the electronic book."""
