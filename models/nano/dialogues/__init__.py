"""Dialogues that a grammar invents: the only text Nano ever reads.

`question` draws one turn of a family; `conversation` strings turns together, now and then under a system message,
as (role, text) pairs. Questions that `held_out` reserves appear only when asked for: training never sees them.
"""

from . import about, arithmetic, limits, pictures, smalltalk, stories
from .grammar import held_out, pick, typed

FAMILIES = {
    "about": (0.25, about.turn),
    "wish": (0.08, lambda rng: (about.wish, arithmetic.wish, about.list_wish)[rng.choice(3, p=(0.5, 0.4, 0.1))](rng)),
    "arithmetic": (0.33, arithmetic.turn),
    "limits": (0.14, limits.turn),
    "smalltalk": (0.15, smalltalk.turn),
    "story": (0.05, stories.turn),
}
SYSTEMS = ["You are a helpful assistant.", "You are Nano, the demo model of Outrider.", "You are a friendly assistant.", "Be brief.", "Answer briefly.", "You are an assistant in a web page.",
           "You are a helpful, respectful and honest assistant.", "Be polite.", "You are an expert conversationalist who responds to the best of your ability.", "Help the user."]  # fmt: skip


def question(rng, family=None, held=False):
    """A turn of the family (or of any), from the held-out or from the training questions."""
    if family is None:
        family = str(rng.choice(list(FAMILIES), p=[share for share, _ in FAMILIES.values()]))
    while True:
        turn = FAMILIES[family][1](rng)
        if held_out(turn.ask) == held:
            return turn


def picture_question(rng, scene, held=False, often=()):
    """A turn about the scene; often has kinds of turns to ask more of, each with its share, where the scene allows them."""
    for _ in range(200):
        turn = _chosen(rng, scene, often) or pictures.turn(rng, scene)
        if held_out(turn.ask) == held:
            return turn
    return pictures.describe(rng, scene)


def _chosen(rng, scene, often):
    for share, make in often:
        if rng.random() < share and (turn := make(rng, scene)):
            return turn
    return None


def conversation(rng, turns):
    messages = [("system", pick(rng, SYSTEMS))] if rng.random() < 0.12 else []
    for _ in range(turns):
        turn = question(rng)
        messages += [("user", typed(rng, turn)), ("assistant", turn.answer)]
    return messages


def picture_conversation(rng, scene, turns, often=(), late=0.0):
    """Questions about one picture; the first of them carries the image, now and then (late) after a talk of a turn or two."""
    messages = [("system", pick(rng, SYSTEMS))] if rng.random() < 0.08 else []
    if late and rng.random() < late:
        messages += conversation(rng, int(rng.integers(1, 3)))[-4:]
    for i in range(turns):
        turn = question(rng) if i and rng.random() < 0.1 else picture_question(rng, scene, often=often)
        messages += [("image" if i == 0 else "user", typed(rng, turn)), ("assistant", turn.answer)]
    return messages
