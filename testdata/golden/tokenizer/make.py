"""Makes the golden encodings that internal/tokenizer is held to, with Hugging Face tokenizers as the reference.

    python make.py [SmolLM2-135M-Instruct.Q4_1.gguf]

vocab.json    a small vocabulary trained here on TEXTS: tokens in GPT-2's byte alphabet, merges
tiny.json     encodings of TEXTS by it, once for each pre-tokenizer
smollm2.json  encodings of TEXTS by the vocabulary of the GGUF file, when one is given

Made with tokenizers 0.23.3 and gguf 0.19.0.
"""

import json
import pathlib
import sys

from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

HERE = pathlib.Path(__file__).parent

LLAMA4 = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)

TEXTS = [
    "What is the capital of France?",
    "The quick brown fox doesn't jump over the lazy dog; it's asleep, they've said, and we'LL see.",
    "Don't STOP 12345 a/b\n\n\nx  y ",
    "HELLOworld CamelCase parseHTTPRequest I'M HE'S donE'T",
    "don'\u017f and '\u017ft",
    "def f(x):\n    if x > 0:\n        return x ** 2\n\n\treturn -1  # done\r\n",
    "for (let i = 0; i < 100; i++) { sum += a[i]; } //\n/* end */\n",
    "https://example.org/a/b?c=d&e=%20#f\n",
    "In 1969 there were 3,600,000 people; \u00bd of them, \u2167, \u00b2 \u0663\u0664.",
    "Gr\u00fc\u00dfe aus K\u00f6ln, \u00c5ngstr\u00f6m, na\u00efve caf\u00e9, \u01c5ungla",
    "A\u0301bc e\u0301 A\u0301\u0301B \u0301x",
    "\u65e5\u672c\u8a9e\u306e\u30c6\u30ad\u30b9\u30c8\u3002\u6f22\u5b57A\u6f22a",
    "\u043f\u0440\u0438\u0432\u0435\u0442, \u041c\u0418\u0420! \u0939\u093f\u0928\u094d\u0926\u0940 \u0e20\u0e32\u0e29\u0e32\u0e44\u0e17\u0e22 \u05e9\u05dc\u05d5\u05dd",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 \U0001f3f3\ufe0f\u200d\U0001f308!",
    "  two leading, two trailing  ",
    " \n x \t\n\t y\r\n\r\n z",
    "x\u0085y \u0085 \u2028\u2029 a\u00a0\u00a0b\u3000",
    "a  12 b   3",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "<|im_start|>user\nhi<|im_end|> <|eot|> <|begin_of_text|>",
    "bell \u0007 end \u0004 of \u001d control\u0000",
    "{\"name\": \"get_weather\", \"parameters\": {\"city\": \"Oslo\"}}",
    "...!!!???\n\n--- === ***",
]


def pre_tokenizer(name):
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=name == "smollm")
    if name == "smollm":
        return pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), byte_level])
    pattern = {"llama4": LLAMA4, "llama-bpe": LLAMA3}[name]
    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(pattern), "isolated"), byte_level])


def all_splits(tokens):
    """The merges that Hugging Face's conversion of a tiktoken vocabulary makes: every way to cut every token in two."""
    ids = {token: i for i, token in enumerate(tokens)}
    for token in tokens:
        pairs = [(token[:i], token[i:]) for i in range(1, len(token))]
        pairs = [p for p in pairs if p[0] in ids and p[1] in ids]
        yield from sorted(pairs, key=lambda p: (ids[p[0]], ids[p[1]]))


def build(name, tokens, merges):
    if name == "llama4":
        merges = list(all_splits(tokens))
    vocab = {token: i for i, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=merges, ignore_merges=name != "smollm"))
    tokenizer.pre_tokenizer = pre_tokenizer(name)
    return tokenizer


def encodings(tokenizer):
    return [{"text": text, "ids": tokenizer.encode(text, add_special_tokens=False).ids} for text in TEXTS]


def train():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizer("llama4")
    trainer = trainers.BpeTrainer(
        vocab_size=480, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), min_frequency=1, show_progress=False
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].get)
    return tokens, [tuple(merge) for merge in model["merges"]]


def read_gguf(path):
    from gguf import GGUFReader

    fields = GGUFReader(path).fields
    tokens = fields["tokenizer.ggml.tokens"].contents()
    merges = [tuple(merge.split(" ")) for merge in fields["tokenizer.ggml.merges"].contents()]
    return tokens, merges


def write(name, value):
    text = json.dumps(value, ensure_ascii=True, indent=None, separators=(",", ":"))
    (HERE / name).write_text(text.replace('},{"text"', '},\n{"text"') + "\n")


def main():
    tokens, merges = train()
    write("vocab.json", {"tokens": tokens, "merges": [" ".join(merge) for merge in merges]})
    names = ["llama4", "llama-bpe", "smollm"]
    write("tiny.json", {name: encodings(build(name, tokens, merges)) for name in names})
    if len(sys.argv) > 1:
        write("smollm2.json", encodings(build("smollm", *read_gguf(sys.argv[1]))))


main()
