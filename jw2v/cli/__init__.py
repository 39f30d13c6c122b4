"""The command line. Results go to standard output, progress and errors to standard error."""

import sys
from typing import Annotated

import typer

from jw2v import __version__
from jw2v.cli.ask import analogy, info, similar
from jw2v.cli.bias import bias
from jw2v.cli.check import check
from jw2v.cli.command import Command, Commands, finished, help_of
from jw2v.cli.convert import convert
from jw2v.cli.grade import grade
from jw2v.cli.judge import evaluate
from jw2v.cli.learn import demo, train
from jw2v.cli.plot import plot
from jw2v.cli.shards import count, encode, vocab
from jw2v.cli.shared import alarm, check_output, complain, out
from jw2v.cli.spaces import align, compare
from jw2v.cli.treebank import sst
from jw2v.storage import files
from jw2v.training import interrupts

__all__ = ["app", "main"]

HELP = """word2vec in pure JAX: vectors for the words of a text.

Examples:
jw2v train reviews.txt -o reviews.safetensors --tokens words
jw2v similar reviews.safetensors cheap comfortable
jw2v analogy reviews.safetensors good better bad
jw2v info reviews.safetensors
jw2v evaluate reviews.safetensors --pairs wordsim353.tsv
jw2v plot reviews.safetensors cheap dear good bad -o words.png
jw2v convert reviews.safetensors reviews.bin
jw2v compare reviews.safetensors older.safetensors
jw2v check mine.py

Results go to standard output, progress and errors to standard error.

Exit codes: 0 done, 1 nobody reads the output any more, or what was checked is wrong, 2 bad input,
75 another process of the run was lost, 130 interrupted by Ctrl-C, 143 terminated.
"""

app = typer.Typer(
    name="jw2v",
    help=help_of(HELP),
    cls=Commands,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)


def _say_version(asked: bool) -> bool:
    if asked:
        out.print(f"jw2v {__version__}")
        raise typer.Exit
    return asked


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_say_version, is_eager=True, help="Say which jw2v it is."
        ),
    ] = False,
) -> None:
    pass


_QUESTIONS = (similar, analogy, info, evaluate, bias, plot)
_OWN = (check, grade)
commands = (train, demo, count, vocab, encode, *_QUESTIONS, convert, align, compare, *_OWN, sst)
for each in commands:
    app.command(cls=Command, help=help_of(each.__doc__))(finished(each))


def main() -> None:
    """Run a command. Bad input ends with a message and exit code 2, Ctrl-C with 130."""
    files.written.clear()
    files.replaced.clear()
    interrupts.say_at_the_end()
    with interrupts.guarded():
        try:
            check_output()
            app()
        except (KeyboardInterrupt, SystemExit) as end:
            if isinstance(end, SystemExit) and end.code != 130:  # 130: Typer's, for Ctrl-C
                raise
            words, code = interrupts.last_words()
            alarm.print(words, soft_wrap=True)
            sys.exit(code)
        except interrupts.LostError as error:
            interrupts.give_up(f"error: {error}", interrupts.LOST)
        except (ValueError, KeyError, OSError, ArithmeticError, ImportError, MemoryError) as error:
            complain(error)
            sys.exit(2)
