"""`python -m remiss`: the command line."""

from remiss.faces.cli.main import main

main()
