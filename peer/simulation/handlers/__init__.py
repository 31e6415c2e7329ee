"""How the contents of each kind of object are taken and put back."""
