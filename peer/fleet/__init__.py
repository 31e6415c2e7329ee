"""Matches and soaks as processes: started, followed, hurt, judged."""
