"""One-digit sums, differences and products, in digits and in words, and a few things around them."""

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


def _result(n):
    return rf"(?<![\d-]){n}(?!\d)"


def digits(rng):
    a, sign, b = _drawn(rng)
    n, tight = value(a, sign, b), rng.random() < 0.4
    written = f"{a}{SIGNS[sign]}{b}" if tight else f"{a} {SIGNS[sign]} {b}" if rng.random() < 0.65 else f"{a} {NAMES[sign]} {b}"
    shown = {"+": "+", "-": "-", "*": "×"}[sign]
    turn = Turn("arithmetic", expand(rng, pick(rng, OPENINGS).format(written)), f"{a} {shown} {b} = {n}", [rf"= {n}$"])
    turn.after = lambda rng: _follow(rng, n)
    return turn


def words(rng):
    a, sign, b = _drawn(rng)
    n, name = value(a, sign, b), expand(rng, NAMES[sign])
    spoken = f"{in_words(a)} {name} {in_words(b)}"
    ask = expand(rng, pick(rng, OPENINGS).format(spoken))
    answer = f"{in_words(a)} {name.replace('and', 'plus').replace('take away', 'minus')} {in_words(b)} is {in_words(n)}.".capitalize()
    turn = Turn("arithmetic", ask[0].upper() + ask[1:], answer, [rf" is {in_words(n)}\.$"])
    turn.after = lambda rng: _follow(rng, n)
    return turn


def _follow(rng, n):
    """"And times two?": goes on from the last result while that is one digit."""
    b, sign = int(rng.integers(10)), pick(rng, "+-*")
    if not 0 <= n <= 9:
        return digits(rng)
    m, shown = value(n, sign, b), {"+": "+", "-": "-", "*": "×"}[sign]
    ask = expand(rng, f"(And|Now|And now|Then) (that |the result |) {NAMES[sign].replace('(plus|and)', 'plus')} {b}?")
    return Turn("arithmetic", ask, f"{n} {shown} {b} = {m}", [rf"= {m}$"])


THINGS = ["apples", "pears", "books", "coins", "cats", "stones", "cups", "eggs", "hats", "keys", "balls", "cakes", "pens", "stars", "birds"]


def story(rng):
    a, sign, b = _drawn(rng)
    thing = pick(rng, THINGS)
    if sign == "-":
        a, b = max(a, b), min(a, b)
    if sign == "*":
        a = max(a, 2)  # "boxes"
    n = value(a, sign, b)
    ask = {
        "+": f"I have {a} {thing} and (get|buy|find) {b} more. How many {thing} do I have?",
        "-": f"I have {a} {thing} and (lose|give away|sell) {b}. How many {thing} (are left|do I have)?",
        "*": f"I have {a} (boxes|bags) with {b} {thing} (each|in each). How many {thing} do I have?",
    }[sign]
    return Turn("arithmetic", expand(rng, ask), f"{a} {'×' if sign == '*' else sign} {b} = {n}, so you have {n} {thing}.", [_result(n), f"have {n} {thing}"])


def compare(rng):
    a, b = rng.choice(10, 2, replace=False).tolist()
    large = rng.random() < 0.5
    word = pick(rng, ["larger", "bigger", "greater"]) if large else pick(rng, ["smaller", "less"])
    n = max(a, b) if large else min(a, b)
    return Turn("arithmetic", expand(rng, f"(Which|What) (number |) is {word}, {a} or {b}?"), f"{n} is {word}.", [rf"^{n} "])


def check(rng):
    a, sign, b = _drawn(rng)
    n = value(a, sign, b)
    claim = n if rng.random() < 0.5 else n + int(pick(rng, [-2, -1, 1, 2, 3]))
    shown = {"+": "+", "-": "-", "*": "×"}[sign]
    answer = f"{'Yes' if claim == n else 'No'}, {a} {shown} {b} = {n}."
    return Turn("arithmetic", expand(rng, f"Is {a} {SIGNS[sign]} {b} (equal to|) {claim}?"), answer, [exactly(answer)])


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
    make = rng.choice(7, p=(0.36, 0.24, 0.14, 0.07, 0.09, 0.04, 0.06))
    return (digits, words, story, compare, check, count_up, digits)[make](rng)
