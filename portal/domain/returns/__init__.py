"""Returns: who may send what back, for what, and how far it has come. Pure."""
