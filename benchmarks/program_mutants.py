"""Wrong programs of every loss and gradient: how many are refused, and why the others are not.

    python benchmarks/program_mutants.py                            # all: hours on one core
    python benchmarks/program_mutants.py losses.naive_softmax       # some, by their names

A program with one step changed (``derivations/programs/mutants.py``) is refused, or it is shown to
be the same function. Of those that are the same, some change a step that no result uses, such as
what autodiff traced and did not need; the others are listed by what was changed.
"""

import sys
import time
from collections import Counter

from jax.interpreters import partial_eval

from derivations.programs.claims import claims
from derivations.programs.mutants import mutants
from derivations.programs.reader import equations


def used(program: object) -> str:
    """A program without the steps that no result uses."""
    inner = program.jaxpr  # type: ignore[attr-defined]
    return str(partial_eval.dce_jaxpr(inner, [True] * len(inner.outvars), instantiate=True)[0])


def main(names: list[str]) -> None:
    """Prints a line for each program."""
    total: Counter[str] = Counter()
    for name in names or claims():
        claim, began = claims()[name], time.perf_counter()
        program = claim.traced()
        right, found, alike = used(program), Counter[str](), Counter[str]()
        for words, mutant in mutants(program):
            if used(mutant) == right:
                found["unused"] += 1
            elif any(claim.differences(mutant)):
                found["refused"] += 1
            else:
                found["alike"] += 1
                alike[words] += 1
        total += found
        seconds = time.perf_counter() - began
        print(f"{name}: {equations(program)} steps, {dict(found)}, {seconds:.0f} s", flush=True)
        print(f"    alike: {', '.join(f'{words} ({n})' for words, n in alike.items())}", flush=True)
    print(dict(total))


if __name__ == "__main__":
    main(sys.argv[1:])
