"""Layers that people send: unpacked with care, told what they are, and loaded once a person has confirmed it."""
