"""What a match leaves behind, and what can be proved from it."""
