"""Accounts: what keys, passwords, tokens and limits are made of. Whose they are is kept in the store."""
