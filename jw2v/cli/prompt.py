"""Questions, one a line: from a prompt on a terminal, or from standard input."""

import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module

from jw2v.cli.shared import alarm, err, out
from jw2v.training import interrupts

__all__ = ["lines", "on_terminal"]

_MARK = "> "


def on_terminal() -> bool:
    """Whether somebody types what is asked."""
    return sys.stdin is not None and sys.stdin.isatty()


def lines(hint: str) -> Iterator[str]:
    """The lines, without blank ones: asked for at a prompt, after a hint, or read.

    Raises:
        ValueError: there is none, or one is no UTF-8.
    """
    return _typed(hint) if on_terminal() else _read()


def _typed(hint: str) -> Iterator[str]:
    with suppress(ImportError):  # from then on, lines can be edited and called back
        import_module("readline")
    err.print(f"{hint} An empty line or Ctrl-D ends.", soft_wrap=True)
    interrupts.say_at_the_end(lambda: "what was asked before is answered")
    with interrupts.raised():
        while True:
            try:
                if not out.is_terminal:  # where results go, the mark would be one of them
                    alarm.print(_MARK, end="")
                line = input(_MARK if out.is_terminal else "").strip()
            except EOFError:
                alarm.print()
                return
            if not line:
                return
            yield line


def _read() -> Iterator[str]:
    found = False
    for number, line in enumerate(sys.stdin.buffer if sys.stdin is not None else (), 1):
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
        except UnicodeDecodeError as error:
            raise ValueError(f"standard input, line {number} is not UTF-8 text: {error}") from error
        if text:
            found = True
            yield text
    if not found:
        raise ValueError(
            "nothing is asked: give words, or lines on standard input, or type at a terminal"
        )
