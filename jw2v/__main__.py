"""The command line as a process: ``python -m jw2v``, and the script ``jw2v``."""

from jw2v import interrupts

__all__ = ["main"]


def main() -> None:
    """Run a command: see :func:`jw2v.cli.main`, which takes a while to import."""
    interrupts.guard()
    from jw2v import cli

    cli.main()


if __name__ == "__main__":
    main()
