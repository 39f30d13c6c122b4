"""A run long enough for checkpoints, and what ends it in the middle."""

import jw2v
from jw2v import Config
from topics import two_topics

CONFIG = Config(
    dim=8,
    window=2,
    min_count=1,
    subsample=0,
    epochs=4,
    batch_words=32,
    learning_rate=0.05,
)
TEXT = two_topics(3000)


class StopError(Exception):
    """Raised by a report, to end a run in the middle."""


def stop_after(chunks: int):
    seen = []

    def report(progress: jw2v.Progress) -> None:
        seen.append(progress)
        if len(seen) == chunks:
            raise StopError

    return report
