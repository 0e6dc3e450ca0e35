"""Code that acts when it is imported."""
