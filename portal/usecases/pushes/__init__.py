"""Pushes of carriers: taken in, read later, asked for, and missed when they do not come."""
