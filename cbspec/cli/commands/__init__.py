"""The commands of ``cbspec``: a module here is a command, a package a group of them."""
