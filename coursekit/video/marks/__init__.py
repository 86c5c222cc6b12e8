"""Marks laid over the picture: found by what they survive."""
