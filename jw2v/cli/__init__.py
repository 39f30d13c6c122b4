"""The command line. Results go to standard output, progress and errors to standard error."""

import sys

import typer

from jw2v.cli.ask import similar
from jw2v.cli.learn import demo, train
from jw2v.cli.plot import plot
from jw2v.cli.shared import err
from jw2v.cli.treebank import sst

__all__ = ["app", "main"]

app = typer.Typer(
    name="jw2v",
    help="word2vec in pure JAX: vectors for the words of a text.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (train, demo, similar, plot, sst):
    app.command()(command)


def main() -> None:
    """Run a command. Bad input ends with a message and exit code 2, Ctrl-C with 130."""
    try:
        app()
    except KeyboardInterrupt:
        err.print("interrupted")
        sys.exit(130)
    except (ValueError, KeyError, OSError, ArithmeticError, ImportError) as error:
        message = error.args[0] if type(error) is KeyError and error.args else error
        err.print(f"error: {message}", soft_wrap=True)
        sys.exit(2)
