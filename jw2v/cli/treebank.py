"""``jw2v sst``: the picture of the Stanford Sentiment Treebank."""

from pathlib import Path
from typing import Annotated

import typer

from jw2v.choices import TREEBANK_STEPS, Loss
from jw2v.cli.places import Place, results_in
from jw2v.cli.shared import Seed, err, out, told
from jw2v.progress import Bar

__all__ = ["sst"]


def sst(
    data: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Folder that holds datasetSentences.txt.")
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="FOLDER", help="Folder to write to; made if it is not there."
        ),
    ],
    loss: Annotated[Loss, typer.Option(help="What to train with.")] = "negative-sampling",
    steps: Annotated[int, typer.Option(help="Steps, of 50 windows each.", min=1)] = TREEBANK_STEPS,
    seed: Seed = 0,
) -> None:
    """Repeat the Stanford Sentiment Treebank picture with its exact settings."""
    from jw2v.pictures import plot
    from jw2v.studies import treebank

    plot.require()
    sentences = treebank.read_sentences(data)
    vectors, picture = results_in(output, [Place("the text", data / treebank.FILE)])
    with Bar("training", err) as bar:
        result = treebank.reproduce(
            sentences,
            loss=loss,
            n_steps=steps,
            seed=seed,
            progress=lambda p: bar.update(
                p.step / p.steps, f"step {p.step:,}  running loss {p.running_loss:.2f}"
            ),
        )
    result.vectors.save(vectors)
    title = f"Stanford Sentiment Treebank, {steps:,} steps"
    plot.picture(result.vectors, treebank.PLOTTED, picture, title=title)
    out.print(f"final running loss {result.running_loss:.2f} nats a window")
    out.print("readings of the picture, and the words nearest in it:")
    for judgement in treebank.judged(result.vectors):
        out.print(f"{'holds' if judgement.holds else 'does not hold':>13}: {judgement.reading}")
        for word, nearest in judgement.nearest.items():
            out.print(f"{word:>20}: {', '.join(nearest)}")
    told.print(f"wrote {vectors} and {picture}", soft_wrap=True)
