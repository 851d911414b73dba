"""`python -m darkaon`: the command `darkaon` where it is not installed."""

from darkaon.interface.commands import main

if __name__ == "__main__":
    main()
