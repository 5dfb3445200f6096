"""`python -m rockola` is `rockola`."""

from rockola.cli import main

if __name__ == "__main__":  # a process that helps `verify` imports this as well
    main()
