"""`python -m fleet.cli`, where no script is installed."""

from fleet.cli import main

main()
