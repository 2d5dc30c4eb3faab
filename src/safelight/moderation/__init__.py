"""Moderation: what is asked of a text and of pixels before anybody sees a picture of it."""
