"""`netplay check`: what an environment promises, tried out."""
