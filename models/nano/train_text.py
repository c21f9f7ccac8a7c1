"""The text half learns to talk: packed rows of invented conversations.

    python train_text.py STEPS
"""

import sys

import numpy as np
import torch
import torch.nn.functional as F

import dialogues
import loop
import vocab
from recipe import PAD, SEED
from text import Decoder

ROWS, LENGTH = 10, 256
HEARD = 0.1  # weight of learning to predict what others say
BALANCE = 0.02


def batch(step):
    """Ids [rows, length] and the weight of each as a target."""
    rng = np.random.default_rng((SEED, 1, step))
    rows = [_row(rng) for _ in range(ROWS)]
    return tuple(torch.from_numpy(np.stack(part)) for part in zip(*rows))


def _row(rng):
    ids, weights = [], []
    while len(ids) < LENGTH:
        more, said = vocab.chat(dialogues.conversation(rng, int(rng.integers(1, 6))))
        ids += more
        weights += [1.0 if s else HEARD for s in said]
        weights[-len(more)] = 0.0  # nothing foretells a new conversation
    return np.array(ids[:LENGTH]), np.array(weights[:LENGTH], np.float32)


def next_token_loss(decoder, hidden, ids, weights):
    """hidden [rows, n, d] at positions 0 .. n-1; ids and weights of the same positions; the next id is the target.
    Positions whose target has no weight cost no product with the vocabulary."""
    keep = (weights[:, 1:] > 0) & (ids[:, 1:] != PAD)
    logits = decoder.lm_head(hidden[:, :-1][keep]).float()
    losses = F.cross_entropy(logits, ids[:, 1:][keep], reduction="none")
    share = weights[:, 1:][keep]
    said = share == 1
    right = (logits.argmax(-1) == ids[:, 1:][keep])[said].float().mean().item()
    return (losses * share).sum() / share.sum(), {"said": losses[said].mean().item(), "right": right}


def loss_of(decoder, ids, weights):
    hidden = decoder.hidden(decoder.embed(ids))
    loss, numbers = next_token_loss(decoder, hidden, ids, weights)
    balance = decoder.balance()
    return loss + BALANCE * balance, {**numbers, "balance": balance.item()}


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    decoder = Decoder()
    loop.run("text", decoder, lambda b: loss_of(decoder, *b), int(sys.argv[1]), 2e-3, batch, save_every=100)
