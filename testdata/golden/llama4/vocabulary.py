"""A vocabulary of 512 tokens in the shape of Llama 4's: bytes, merges in order of rank, then special tokens by name."""

import tokenizers
from tokenizers import Regex, models, pre_tokenizers

# spec/llama4.md §5.2
PATTERN = "|".join([
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"\p{N}{1,3}", r" ?[^\s\p{L}\p{N}]+[\r\n/]*", r"\s*[\r\n]+", r"\s+(?!\S)", r"\s+"])

WORDS = ["\n\n", "user", "assistant", "system", "ipython", "The", " the", " old", " ship", " sails", " by", " light", " of",
         " sea", " a", " and", " in", " is", " to", " it", " was", " on", " wind", " rock", " keeper", " lamp", " tower",
         " night", " storm", " harbour", " stone", " white", " wave", " salt", " gull", " boat", " home", " far", " see",
         " what", "What", " this", "Describe", " picture", " colour", " red", " blue", " green", " sun"]

FIRST_SPECIAL, SIZE = 480, 512
SPECIAL = ["begin_of_text", "end_of_text", "header_start", "header_end", "eom", "eot", "python_start", "python_end",
           "finetune_right_pad", "image_start", "image_end", "tile_x_separator", "tile_y_separator", "image", "patch", "step"]
SPECIAL += [f"reserved_special_token_{i}" for i in range(SIZE - FIRST_SPECIAL - len(SPECIAL))]
SPECIAL = [f"<|{name}|>" for name in SPECIAL]


def printable_bytes():
    """GPT-2's alphabet: a printable character for each byte."""
    keep = [*range(33, 127), *range(161, 173), *range(174, 256)]
    other = iter(range(256, 512))
    return [chr(b) if b in keep else chr(next(other)) for b in range(256)]


ALPHABET = printable_bytes()


def spell(text):
    return "".join(ALPHABET[b] for b in text.encode())


def merged_tokens():
    """Every prefix of every word, then pairs of letters until the room is full."""
    tokens = dict.fromkeys(spell(w)[:n] for w in WORDS for n in range(2, len(spell(w)) + 1))
    for pair in (a + b for a in "tsrnlmcdbpfghvw" for b in "aeiou"):
        if len(tokens) == FIRST_SPECIAL - 256:
            break
        tokens.setdefault(pair)
    assert len(tokens) == FIRST_SPECIAL - 256, len(tokens)
    return list(tokens)


TOKENS = ALPHABET + merged_tokens() + SPECIAL
TYPES = [1] * FIRST_SPECIAL + [3] * len(SPECIAL)
IDS = {t: i for i, t in enumerate(TOKENS)}


def merges():
    """All two-way splits of every token into tokens, by the token's rank, as the published files list them."""
    return [(t[:n], t[n:]) for t in TOKENS[256:FIRST_SPECIAL] for n in range(1, len(t)) if t[:n] in IDS and t[n:] in IDS]


def tokenizer():
    bpe = tokenizers.Tokenizer(models.BPE(vocab=IDS, merges=merges()))
    bpe.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(PATTERN), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    return bpe


def special(name):
    return IDS[f"<|{name}|>"]


def turn(text, before=()):
    """A user's message and the start of the answer: tokens before the text, as an image's, come in as they are."""
    encode = tokenizer().encode
    frame = lambda role: [special("header_start"), *encode(role).ids, special("header_end"), *encode("\n\n").ids]
    return [special("begin_of_text"), *frame("user"), *before, *encode(text).ids, special("eot"), *frame("assistant")]
