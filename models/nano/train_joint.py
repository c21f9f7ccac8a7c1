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
from recipe import PATCH, RUNS, SEED
from scenes import random_scene
from text import Decoder
from vision import Eye

PICTURES, TEXTS, LENGTH = 8, 3, 288
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


def batch(album, step):
    rng = np.random.default_rng((SEED, 2, step))
    seeds = [int(s) for s in rng.integers(0, len(album), PICTURES)]
    openings = [dialogues.picture_conversation(rng, random_scene(s), int(rng.integers(1, 7))) for s in seeds]
    rows = [_row(rng, opening) for opening in openings + [None] * TEXTS]
    ids, weights = (torch.from_numpy(np.stack(part)) for part in zip(*rows))
    return ids, weights, torch.from_numpy(np.stack([album[s] for s in seeds])), train_tower.truths(seeds)


def _row(rng, opening):
    """A conversation about a picture, if one is given; then others until the row is full."""
    ids, weights = [], []
    while len(ids) < LENGTH:
        made = opening if opening and not ids else dialogues.conversation(rng, int(rng.integers(1, 5)))
        more, said = vocab.chat(made)
        ids += more
        weights += [1.0 if s else 0.0 if i == PATCH else train_text.HEARD for i, s in zip(more, said)]
        weights[-len(more)] = 0.0
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
    if not (RUNS / "joint.pt").exists():
        lesson.start()
    loop.run("joint", lesson, lambda b: loss_of(lesson, *b), int(sys.argv[1]), 1e-3, lambda step: batch(album, step), save_every=100)
