"""`python -m rockola` is `rockola`."""

from rockola.cli import main

main()
