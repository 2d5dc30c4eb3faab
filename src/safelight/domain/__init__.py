"""The nouns of the house: frozen values that every room understands (stdlib and pydantic only)."""
