"""`python -m phycharm` is `phycharm`."""

from .commands.app import main

main()
