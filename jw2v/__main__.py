"""``python -m jw2v``: the command line."""

from jw2v.cli import main

if __name__ == "__main__":
    main()
