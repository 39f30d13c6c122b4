"""Wrong programs of every loss and gradient: how many are refused, and why the others are not.

    python benchmarks/program_mutants.py                            # all: hours on one core
    python benchmarks/program_mutants.py losses.naive_softmax       # some, by their names
    python benchmarks/program_mutants.py --sample 60 --seed 0       # so many of each, at random
    python benchmarks/program_mutants.py --axes                     # with an axis changed, instead

A program with one step changed (``derivations/programs/mutants.py``) is refused, or it is shown to
be the same function. Of those that are the same, some change a step that no result uses, such as
what autodiff traced and did not need; the others are listed by what was changed.
"""

import argparse
import random
import time
from collections import Counter

from derivations.programs.claims import claims
from derivations.programs.mutants import mutants, of_axes, written
from derivations.programs.reader import equations


def main(names: list[str], sample: int | None, seed: int, axes: bool) -> None:
    """Prints a line for each program."""
    total: Counter[str] = Counter()
    for name in names or claims():
        claim, began = claims()[name], time.perf_counter()
        program = claim.traced()
        right, found, alike = written(program), Counter[str](), Counter[str]()
        every = list((of_axes if axes else mutants)(program))
        chosen = random.Random(seed).sample(every, min(sample or len(every), len(every)))
        for words, mutant in chosen:
            if mutant is None:
                found["of other shapes"] += 1
            elif written(mutant) == right:
                found["unused"] += 1
            elif any(claim.differences(mutant)):
                found["refused"] += 1
            else:
                found["alike"] += 1
                alike[words] += 1
        total += found
        seconds = time.perf_counter() - began
        tried = f"{len(chosen)} of {len(every)}"
        print(f"{name}: {equations(program)} steps, {tried}, {dict(found)}, {seconds:.0f} s")
        print(f"    alike: {', '.join(f'{words} ({n})' for words, n in alike.items())}", flush=True)
    print(dict(total))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", help="of programs; all if left out")
    parser.add_argument("--sample", type=int, help="so many mutants of each, drawn at random")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--axes", action="store_true", help="change axes, and nothing else")
    arguments = parser.parse_args()
    main(arguments.names, arguments.sample, arguments.seed, arguments.axes)
