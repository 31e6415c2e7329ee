"""One player's process, and everything a person starts: frames, controllers, window, commands, fleets."""
