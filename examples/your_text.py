"""Vectors of your text: train, ask for neighbours, save.

    python examples/your_text.py reviews.txt

Without a file it learns from the reference pages that come with Python.
"""

import sys
import tempfile
from pathlib import Path
from pydoc_data.topics import topics

import jw2v

CONFIG = jw2v.Config(tokens="words", dim=50, epochs=6, learning_rate=0.1)


def python_reference(folder: Path) -> Path:
    """The reference pages of this Python, as one text file."""
    path = folder / "python.txt"
    path.write_text("\n".join(topics.values()), encoding="utf-8")
    return path


def learn(text: Path) -> jw2v.WordVectors:
    """The vectors of the words that come five times or more."""
    return jw2v.train(text, CONFIG)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        given = sys.argv[1:]
        text = Path(given[0]) if given else python_reference(Path(folder))
        vectors = learn(text)
    print(f"{len(vectors)} words, {vectors.dim} numbers each")
    asked = vectors.words[100:1000:150] if given else ["tuple", "float", "class", "raises"]
    for word in asked:
        near = vectors.most_similar(word, topn=5, min_count=10)
        print(f"{word}: " + ", ".join(f"{other} {cosine:.2f}" for other, cosine in near))
    vectors.save("text.safetensors")
    print("saved to text.safetensors; jw2v.load reads it, jw2v plot draws it")


if __name__ == "__main__":
    main()
