"""One-digit sums, differences and products, asked in digits and in words, and a few things around them.

Every answer spells the sum in digits, so that all ways to ask lead to the same 300 facts.
"""

from .grammar import Turn, exactly, expand, pick

WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
         "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]  # fmt: skip
TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
SIGNS = {"+": "+", "-": "-", "*": "(x|*|×)"}
NAMES = {"+": "(plus|and)", "-": "(minus|take away)", "*": "times"}


def in_words(n):
    if n < 0:
        return "minus " + in_words(-n)
    return WORDS[n] if n < 20 else TENS[n // 10] + ("-" + WORDS[n % 10] if n % 10 else "")


def value(a, sign, b):
    return {"+": a + b, "-": a - b, "*": a * b}[sign]


def _drawn(rng):
    return int(rng.integers(10)), pick(rng, "+-*"), int(rng.integers(10))


OPENINGS = ["What is {}?", "What's {}?", "{} = ?", "{}", "{}?", "{} =", "(Calculate|Compute|Work out|Solve) {}.", "How much is {}?", "(Tell me|Do you know) what {} is?",
            "What does {} (give|make|equal)?", "Can you (compute|calculate) {}?", "{} is (what|how much)?", "What do you get for {}?", "I need {}.", "(Quick|Maths|Math): {}?", "(Give|Tell) me the result of {}."]  # fmt: skip


def sums(rng):
    a, sign, b = _drawn(rng)
    ask = expand(rng, pick(rng, OPENINGS).format(_written(rng, a, sign, b)))
    answer = f"{a} {'×' if sign == '*' else sign} {b} = {value(a, sign, b)}"
    return Turn("arithmetic", ask[0].upper() + ask[1:], answer, [exactly(answer)])


def _written(rng, a, sign, b):
    """3+4, 3 + 4, 3 plus 4 or three plus four."""
    form = rng.choice(4, p=(0.25, 0.3, 0.2, 0.25))
    if form < 2:
        return f"{a}{SIGNS[sign]}{b}" if form == 0 else f"{a} {SIGNS[sign]} {b}"
    return f"{a} {NAMES[sign]} {b}" if form == 2 else f"{in_words(a)} {NAMES[sign]} {in_words(b)}"


def compare(rng):
    a, b = rng.choice(10, 2, replace=False).tolist()
    large = rng.random() < 0.5
    word = pick(rng, ["larger", "bigger", "greater"]) if large else pick(rng, ["smaller", "less"])
    n = max(a, b) if large else min(a, b)
    return Turn("arithmetic", expand(rng, f"(Which|What) (number |) is {word}, {a} or {b}?"), f"{n} is {word}.", [rf"^{n} "])


def count_up(rng):
    n = int(rng.integers(2, 11))
    return Turn("arithmetic", expand(rng, f"(Count|Please count|Can you count) (from 1 |)to {n}."), ", ".join(map(str, range(1, n + 1))) + ".", [rf"\b{n}\.$"])


def wish(rng):
    a, sign, b = _drawn(rng)
    n = value(a, sign, b)
    ask = expand(rng, f"(What is|Compute|Calculate|) {a} {SIGNS[sign]} {b}?")
    if rng.random() < 0.5:
        answer = f'{{"result": {n}}}'
        return Turn("wish", expand(rng, pick(rng, ["{} As JSON.", "As JSON: {}", "{} (Answer|Reply) (as|in) JSON.", "{} JSON, please."])).format(ask), answer, [exactly(answer)])
    answer = f"{in_words(n)}.".capitalize()
    return Turn("wish", expand(rng, pick(rng, ["{} (Answer|Reply) (in|with) one word.", "In one word: {}", "{} One word(, please|)."])).format(ask), answer, [exactly(answer)])


def turn(rng):
    return (sums, compare, count_up)[rng.choice(3, p=(0.9, 0.07, 0.03))](rng)
