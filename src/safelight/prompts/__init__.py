"""Prompts before they are drawn: lists of words, styles, and the enhancers."""
