"""What a study concludes: insights, claims and decisions."""
