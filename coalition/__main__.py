"""`python -m coalition` is the `coalition` command."""

from coalition.cli.app import main

main()
