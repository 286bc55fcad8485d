"""Counting words, sentences and syllables."""

import re
from collections import Counter

WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
SENTENCE_END = re.compile(r"[.!?]+(?=\s|$)")
VOWELS = re.compile(r"[aeiouyæœ]+")


def words(body: str) -> list[str]:
    return [word.lower() for word in WORD.findall(body)]


def syllables(word: str) -> int:
    """Groups of vowels, less the silent e at the end: right for about nine English words in ten."""
    groups = len(VOWELS.findall(word))
    if word.endswith("e") and not word.endswith(("le", "ee")) and groups > 1:
        groups -= 1
    return max(1, groups)


def readability(body: str) -> dict:
    """Flesch reading ease (100 is easy, 0 very hard) and the Flesch-Kincaid grade (years of school)."""
    found = words(body)
    if not found:
        return {"words": 0, "sentences": 0}
    sentences = max(1, len(SENTENCE_END.findall(body)))
    total = sum(map(syllables, found))
    per_sentence = len(found) / sentences
    per_word = total / len(found)
    return {
        "words": len(found),
        "distinct": len(set(found)),
        "sentences": sentences,
        "words_per_sentence": round(per_sentence, 1),
        "syllables_per_word": round(per_word, 2),
        "flesch_reading_ease": round(206.835 - 1.015 * per_sentence - 84.6 * per_word, 1),
        "flesch_kincaid_grade": round(0.39 * per_sentence + 11.8 * per_word - 15.59, 1),
        "longest_words": sorted(set(found), key=lambda word: (-len(word), word))[:5],
    }


def ngrams(body: str, n: int, top: int) -> dict:
    """The most common runs of n words, counted over the text as it stands."""
    found = words(body)
    counts = Counter(zip(*(found[i:] for i in range(n))))
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:top]
    return {"n": n, "distinct": len(counts), "top": [{"words": " ".join(gram), "times": times} for gram, times in ranked]}
