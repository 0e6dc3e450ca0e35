"""The commands of ``cbspec store``."""
