"""Image services on this machine that speak the wire protocols of the real ones, as far as our clients reach."""
