"""`python -m bot` is `mlwright`."""

from bot.cli import main

main()
