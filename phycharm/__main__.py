"""`python -m phycharm` is `phycharm`."""

from .cli import main

main()
