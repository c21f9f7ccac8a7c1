"""Both halves together: conversations about pictures, and still the ones without.

    python train_joint.py STEPS

Starts from runs/text.pt and runs/tower.pt. A row that begins with a picture goes on with other conversations.
"""

import sys

import numpy as np
import torch
from torch import nn

import dialogues
import loop
import train_text
import train_tower
import vocab
from album import Album
from dialogues import pictures
from dialogues.arithmetic import in_words
from recipe import PATCH, RUNS, SEED
from scenes import COLOUR_NAMES, MAX_COUNT, SHAPES, random_scene
from text import Decoder
from vision import Eye

PICTURES, TEXTS, LENGTH = 8, 2, 288
TURNS = 6  # questions about each picture, as many as fit
EASY = 800  # batches over which the share of pictures with one large shape falls from a half to a tenth
MIXED = 1400  # batches after which nearly half the pictures have several kinds or colours
COLOURS = 1600, (0.3, pictures.shape_of_colour)  # batches after which, and how often, the shape of a colour is asked besides
PLACES = 1600, (0.4, pictures.place)  # the same for where it lies: these two are what Nano learns last
WISHES = 3200, (0.12, pictures.wish)  # and for answers as JSON or in a word
LATE = 2400, 0.3  # batches after which, and how often, a picture comes after a talk
EYE = {"eye.": 0.4}  # the eye has learnt most of its lesson and moves at less than half the pace
EXAM = 0.3  # weight of the tower's own lesson, which goes on


class Nano(nn.Module):
    def __init__(self):
        super().__init__()
        self.eye, self.decoder = Eye(), Decoder()

    def embed(self, ids, seen=None):
        """Token embeddings [rows, n, hidden]; what the eye has seen takes the <|patch|> positions, in order."""
        x = self.decoder.embed(ids)
        return x if seen is None else x.masked_scatter((ids == PATCH)[..., None], seen.to(x.dtype))


class Lesson(nn.Module):
    """Nano with the examiners of its eye, which are thrown away in the end."""

    def __init__(self):
        super().__init__()
        self.nano = Nano()
        self.examined = train_tower.Examined(self.nano.eye)

    def start(self):
        self.nano.decoder.load_state_dict(torch.load(RUNS / "text.pt", weights_only=True)["model"])
        self.examined.load_state_dict(torch.load(RUNS / "tower.pt", weights_only=True)["model"])
        self.introduce()

    @torch.no_grad()
    def introduce(self, strength=0.15):
        """Lets the eye speak the decoder's words: turns the projector so that what an examiner recognises, "circle", "red",
        "three" or "top left", is added as the embedding of that; the examiners are turned back by the inverse and notice
        nothing."""
        heads = self.examined.kind, self.examined.colour, self.examined.number, self.examined.place
        seen = torch.cat([head.weight[1:] for head in heads])
        numbers = [in_words(n) for n in range(1, 1 + MAX_COUNT)]
        places = [where.split(" the ")[1] for where in pictures.WHERE]
        names = torch.stack([self._name(said) for said in [*SHAPES, *COLOUR_NAMES, *numbers, *places]])
        turn = torch.eye(seen.shape[1]) + strength * names.T @ (seen - seen.mean(0))
        projector = self.nano.eye.multi_modal_projector.linear_1.weight
        projector.copy_(turn @ projector)
        for head in self.examined.heads():
            head.weight.copy_(head.weight @ turn.inverse())

    def _name(self, said):
        """The embeddings of words, added up; each has a token of its own or is known by its first."""
        return sum(self.nano.decoder.embed(torch.tensor(vocab.encode(f" {word}")[0])) for word in said.split())


def batch(album, easy, mixed, step):
    rng = np.random.default_rng((SEED, 2, step))
    seeds = [_picture(rng, len(album), easy, mixed, step) for _ in range(PICTURES)]
    often = [kind for begin, kind in (COLOURS, PLACES, WISHES) if step >= begin]
    late = LATE[1] if step >= LATE[0] else 0.0
    openings = [dialogues.picture_conversation(rng, random_scene(s), TURNS, often, late) for s in seeds]
    rows = [_row(rng, opening) for opening in openings + [None] * TEXTS]
    ids, weights = (torch.from_numpy(np.stack(part)) for part in zip(*rows))
    return ids, weights, torch.from_numpy(np.stack([album[s] for s in seeds])), train_tower.truths(seeds)


def _picture(rng, count, easy, mixed, step):
    draw = rng.random()
    if draw < max(0.1, 0.5 - 0.4 * step / EASY):
        return int(rng.choice(easy))
    if step >= MIXED and draw > 0.55:
        return int(rng.choice(mixed))
    return int(rng.integers(count))


def mixed_seeds(count):
    """Pictures in which an answer about one shape can be taken from another by mistake."""
    return np.array([seed for seed in range(count) if len({(s.kind, s.colour) for s in random_scene(seed).shapes}) > 1])


def _row(rng, opening):
    """A conversation about a picture, if one is given; then others until the row is full."""
    ids, weights = [], []
    while len(ids) < LENGTH:
        made = opening if opening and not ids else dialogues.conversation(rng, int(rng.integers(1, 5)))
        more, said = vocab.chat(made)
        ids += more
        weights += [1.0 if s else 0.0 for s in said]
    return np.array(ids[:LENGTH]), np.array(weights[:LENGTH], np.float32)


def loss_of(lesson, ids, weights, tiles, truth):
    nano = lesson.nano
    seen = nano.eye(tiles)
    hidden = nano.decoder.hidden(nano.embed(ids, seen))
    loss, numbers = train_text.next_token_loss(nano.decoder, hidden, ids, weights)
    exam, marks = train_tower.loss_of(lesson.examined, seen, truth)
    balance = nano.decoder.balance()
    numbers |= {"pictures": _right(nano, hidden, ids, weights), "balance": balance.item(), "kind_ok": marks["kind_ok"], "counts_ok": marks["counts_ok"]}
    return loss + train_text.BALANCE * balance + EXAM * exam, numbers


@torch.no_grad()
def _right(nano, hidden, ids, weights):
    return train_text.next_token_loss(nano.decoder, hidden[:PICTURES], ids[:PICTURES], weights[:PICTURES])[1]["right"]


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    lesson, album = Lesson(), Album()
    easy, mixed = train_tower.easy_seeds(len(album)), mixed_seeds(len(album))
    if not (RUNS / "joint.pt").exists():
        lesson.start()
    loop.run("joint", lesson, lambda b: loss_of(lesson, *b), int(sys.argv[1]), 1e-3, lambda step: batch(album, easy, mixed, step), slow=EYE, save_every=100, cooldown=0.5)
