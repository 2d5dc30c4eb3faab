"""What a generation needs while it develops: something to go on from, and a hand at the helm."""
