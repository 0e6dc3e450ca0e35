"""``python -m cbspec``: the command line where no script is installed."""

from cbspec.cli import main

main(prog_name="cbspec")
