"""The command line as a process: ``python -m jw2v``, and the script ``jw2v``."""

import os

__all__ = ["main"]


def main() -> None:
    """Run a command: see :func:`jw2v.cli.main`. What it needs is imported when Ctrl-C is heard."""
    try:
        from jw2v.training import interrupts

        interrupts.guard()
    except KeyboardInterrupt:
        os.write(2, b"interrupted: nothing was written; begin again by the same command\n")
        os._exit(130)
    from jw2v import cli
    from jw2v.cli import compiled

    compiled.keep()
    code: object = 0
    try:
        cli.main()
    except SystemExit as end:
        code = end.code
    interrupts.leave(code if isinstance(code, int) else bool(code))


if __name__ == "__main__":
    main()
