"""`python -m phycharm` is `phycharm`."""

from .commands.main import main

main()
