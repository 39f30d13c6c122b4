"""Step rules: see :mod:`jw2v.steps.optimizers`."""

from jw2v.steps.optimizers import CurvatureState, curvature_bounded_sgd

__all__ = ["CurvatureState", "curvature_bounded_sgd"]
