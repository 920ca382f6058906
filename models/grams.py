"""Single characters and pairs of a name, by which an index finds a part of it.

PostgreSQL's trigrams need three characters and a locale that knows Chinese; two characters are a Chinese word.
"""

from __future__ import annotations

MOST = 60


def grams(text: str) -> list[str]:
    """All characters and neighbouring pairs of a text in lower case, each once, sorted; at most `MOST` characters."""
    words = "".join(text.lower().split())[:MOST]
    return sorted({*words, *(words[at : at + 2] for at in range(len(words) - 1))})


def wanted(words: str) -> list[str]:
    """The fewest grams that every text with these words in it has: the pairs, or the one character."""
    words = "".join(words.lower().split())[:MOST]
    return [words] if len(words) == 1 else sorted({words[at : at + 2] for at in range(len(words) - 1)})
