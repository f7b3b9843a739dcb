"""`python -m coalition` is the `coalition` command."""

from coalition.cli import main

main()
