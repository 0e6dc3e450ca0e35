"""Look after the stored results."""
