"""Admission: who is at the door, and the office that decides who may be."""
