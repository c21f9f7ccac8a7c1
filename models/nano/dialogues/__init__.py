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


def picture_question(rng, scene, held=False, by_colour=0.0):
    """A turn about the scene; by_colour is how often it asks for the shape of a colour, where one has it alone."""
    for _ in range(200):
        turn = (by_colour and rng.random() < by_colour and pictures.shape_of_colour(rng, scene)) or pictures.turn(rng, scene)
        if held_out(turn.ask) == held:
            return turn
    return pictures.describe(rng, scene)


def conversation(rng, turns):
    messages = [("system", pick(rng, SYSTEMS))] if rng.random() < 0.12 else []
    for _ in range(turns):
        turn = question(rng)
        messages += [("user", typed(rng, turn)), ("assistant", turn.answer)]
    return messages


def picture_conversation(rng, scene, turns, by_colour=0.0):
    """Questions about one picture; the first user message carries the image."""
    messages = [("system", pick(rng, SYSTEMS))] if rng.random() < 0.08 else []
    for i in range(turns):
        turn = question(rng) if i and rng.random() < 0.1 else picture_question(rng, scene, by_colour=by_colour)
        messages += [("image" if i == 0 else "user", typed(rng, turn)), ("assistant", turn.answer)]
    return messages
