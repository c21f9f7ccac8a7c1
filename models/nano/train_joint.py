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

PICTURES, TEXTS, LENGTH = 10, 5, 320


class Nano(nn.Module):
    def __init__(self):
        super().__init__()
        self.eye, self.decoder = Eye(), Decoder()

    def embed(self, ids, tiles):
        """Token embeddings [rows, n, hidden] with each picture's vectors at its <|patch|> positions, in order."""
        x = self.decoder.embed(ids)
        if len(tiles) == 0:
            return x
        return x.masked_scatter((ids == PATCH)[..., None], self.eye(tiles).to(x.dtype))

    def hidden(self, ids, tiles):
        return self.decoder.hidden(self.embed(ids, tiles))


def first_steps(nano):
    nano.decoder.load_state_dict(torch.load(RUNS / "text.pt", weights_only=True)["model"])
    examined = train_tower.Examined()
    examined.load_state_dict(torch.load(RUNS / "tower.pt", weights_only=True)["model"])
    nano.eye.load_state_dict(examined.eye.state_dict())


def batch(album, step):
    rng = np.random.default_rng((SEED, 2, step))
    seeds = [int(s) for s in rng.integers(0, len(album), PICTURES)]
    openings = [dialogues.picture_conversation(rng, random_scene(s), int(rng.integers(1, 7))) for s in seeds]
    rows = [_row(rng, opening) for opening in openings + [None] * TEXTS]
    ids, weights = (torch.from_numpy(np.stack(part)) for part in zip(*rows))
    return ids, weights, torch.from_numpy(np.stack([album[s] for s in seeds]))


def _row(rng, opening):
    ids, weights = [], []
    while len(ids) < LENGTH:
        made = opening if opening and not ids else dialogues.conversation(rng, int(rng.integers(1, 5)))
        more, said = vocab.chat(made)
        ids += more
        weights += [1.0 if s else 0.0 if i == PATCH else train_text.HEARD for i, s in zip(more, said)]
        weights[-len(more)] = 0.0
    return np.array(ids[:LENGTH]), np.array(weights[:LENGTH], np.float32)


def loss_of(nano, ids, weights, tiles):
    hidden = nano.hidden(ids, tiles)
    loss, numbers = train_text.next_token_loss(nano.decoder, hidden, ids, weights)
    pictures = train_text.next_token_loss(nano.decoder, hidden[:PICTURES].detach(), ids[:PICTURES], weights[:PICTURES])[1]
    balance = nano.decoder.balance()
    return loss + train_text.BALANCE * balance, {**numbers, "pictures": pictures["right"], "balance": balance.item()}


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    nano, album = Nano(), Album()
    if not (RUNS / "joint.pt").exists():
        first_steps(nano)
    loop.run("joint", nano, lambda b: loss_of(nano, *b), int(sys.argv[1]), 1e-3, lambda step: batch(album, step), save_every=100)
