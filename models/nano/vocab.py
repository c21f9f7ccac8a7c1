"""Nano's tokenizer: byte-level BPE on its own dialogues, with Llama 4's pre-tokenizer, special tokens and chat format.

    python vocab.py        trains it and writes tokenizer.json

As in Llama 4, an ordinary token's id is its merge rank, and the merges list every way to split a token into two
others; so readers that merge by rank and readers that merge by list agree.
"""

import functools
import json

import numpy as np
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

import dialogues
from recipe import BASE_VOCAB, ID, SEED, SPECIALS, TOKENIZER, Vision
from scenes import random_scene

SPLIT = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SAMPLE = 60_000  # conversations


def train():
    learner = _empty(models.BPE())
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    learner.train_from_iterator(_corpus(), trainers.BpeTrainer(vocab_size=BASE_VOCAB, initial_alphabet=alphabet, show_progress=False))
    vocab = learner.get_vocab()
    assert len(vocab) == BASE_VOCAB
    finished = _empty(models.BPE(vocab=vocab, merges=_merges(vocab)))
    finished.add_special_tokens(SPECIALS)
    assert all(finished.token_to_id(name) == ID[name] for name in SPECIALS)
    finished.save(str(TOKENIZER))


def _empty(model):
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(SPLIT), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def _merges(vocab):
    """Every split of every token into two tokens, by the rank of the whole, then of its parts."""
    found = [(vocab[t], vocab[t[:i]], vocab[t[i:]], t[:i], t[i:]) for t in vocab for i in range(1, len(t)) if t[:i] in vocab and t[i:] in vocab]
    return [(left, right) for *_, left, right in sorted(found)]


def _corpus():
    rng = np.random.default_rng(SEED)
    for i in range(SAMPLE):
        made = dialogues.conversation(rng, 2) if i % 3 else dialogues.picture_conversation(rng, random_scene(i), 2)
        for role, text in made:
            yield f"{role}\n\n{text}"


@functools.cache
def load():
    return Tokenizer.from_file(str(TOKENIZER))


def encode(text):
    """Ids of plain text; the recipe's own text never holds the name of a special token."""
    return load().encode(text, add_special_tokens=False).ids


def decode(ids):
    return load().decode([i for i in ids if i < BASE_VOCAB])


@functools.cache
def header(role):
    return [ID["<|header_start|>"], *encode(role), ID["<|header_end|>"], *encode("\n\n")]


PICTURE = [ID["<|image_start|>"], ID["<|image|>"], *[ID["<|patch|>"]] * Vision.tokens, ID["<|image_end|>"]]


def chat(messages):
    """Ids of a whole conversation and, per id, whether the model should learn to say it."""
    ids, said = [ID["<|begin_of_text|>"]], [False]
    for role, text in messages:
        head = header("user") + PICTURE if role == "image" else header(role)
        body = [*encode(text), ID["<|eot|>"]]
        ids += head + body
        said += [False] * len(head) + [role == "assistant"] * len(body)
    return ids, said


def prompt(messages):
    return chat(messages)[0] + header("assistant")


if __name__ == "__main__":
    train()
    print(json.dumps({text: encode(text) for text in ("What is 3 + 4?", "There are three blue circles.", "Your data stays on this device.")}))
