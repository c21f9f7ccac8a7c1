"""The pieces of which all dialogues are made: turns, templates with alternatives, and the way people type."""

import hashlib
import re
from dataclasses import dataclass, field


@dataclass
class Turn:
    """One question and its answer. `facts` are patterns that a correct answer contains, letter case ignored."""

    family: str
    ask: str
    answer: str
    facts: list = field(default_factory=list)

    def right(self, answer):
        return all(re.search(fact, answer, re.IGNORECASE) for fact in self.facts)


def exactly(text):
    """The fact that an answer is this text and nothing else."""
    return rf"^\s*{re.escape(text)}\s*$"


def pick(rng, options):
    return options[int(rng.integers(len(options)))]


INNERMOST = re.compile(r"\(([^()]*\|[^()]*)\)")


def expand(rng, template):
    """Chooses one of each "(this|that|)" group, innermost first, and tidies the spaces."""
    while INNERMOST.search(template):
        template = INNERMOST.sub(lambda group: pick(rng, group[1].split("|")), template)
    return re.sub(r" +([.,?!])", r"\1", re.sub(r" +", " ", template)).strip()


def plain(ask):
    return re.sub(r"[^a-z0-9+*<> -]", "", ask.lower()).strip()


def held_out(ask):
    """Whether a question is kept for evaluation: one in twelve, by its words; very short ones are always learnt."""
    words = plain(ask)
    return len(words.split()) > 3 and hashlib.sha256(words.encode()).digest()[0] % 12 == 0


def typed(rng, turn):
    """The question as a hurried person types it."""
    ask = turn.ask
    if rng.random() < 0.1:
        ask = pick(rng, ["please ", "hey, ", "ok, ", "so, ", "and ", "hi, ", "can you tell me: ", "tell me, "]) + ask
    if rng.random() < 0.35:
        ask = ask.lower()
    if rng.random() < 0.3:
        ask = ask.rstrip("?.!")
    if rng.random() < 0.05:
        ask = _slip(rng, ask)
    if rng.random() < 0.015:
        ask = ask.upper()
    return ask


def _slip(rng, ask):
    letters = [i for i in range(1, len(ask) - 1) if ask[i - 1 : i + 2].isalpha()]
    if len(letters) < 6:
        return ask
    i = pick(rng, letters)
    return pick(rng, [ask[:i] + ask[i + 1 :], ask[:i] + ask[i + 1] + ask[i] + ask[i + 2 :], ask[:i] + ask[i] + ask[i:]])
