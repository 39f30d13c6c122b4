"""One rule a primitive: what a step of a traced program computes, over the real numbers.

What rounding does is not said here: numbers of any width are real numbers, those of half precision
too, and whole numbers of 32 bits and more that have a sign have no largest. All others are shown
to fit (:mod:`derivations.programs.whole`). Nothing is NaN, and no infinite number is carried by a
loop. A primitive, a parameter or a value that no rule speaks of is an error that names it, and so
is an index that is not shown to be in its array, a denominator that is not shown to be other than
0, or a logarithm of what is not shown positive.
"""

from derivations.programs import cases, elementwise, inner, places, sums
from derivations.programs.call import RULES, Call, apply

__all__ = ["RULES", "Call", "apply", "cases", "elementwise", "inner", "places", "sums"]
