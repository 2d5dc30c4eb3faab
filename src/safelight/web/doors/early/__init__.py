"""The five earlier front ends whose APIs go on being spoken."""
