"""Writes sentencepiece.json: a vocabulary that SentencePiece trains on the strings of the golden encodings of byte-level
BPE, and what it makes of strings that the same seed always draws. It was run with sentencepiece 0.2.3; `all` as its argument writes all
5,000 strings to standard output instead of the first 250.
"""

import io
import json
import pathlib
import random
import sys

import sentencepiece

here = pathlib.Path(__file__).parent
root = here.parents[2]


def train():
    golden = json.loads((root / "testdata/golden/tokenizer/tiny.json").read_text())
    lines = [line for case in golden["llama4"] for line in case["text"].split("\n") if line]
    lines += ["übergrößen façade naïve 日本語 говорит 👍🏽", "the model reads a token of its experts, and the GPU computes"] * 5
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=model, model_type="bpe", vocab_size=700, byte_fallback=True,
        normalization_rule_name="identity", remove_extra_whitespaces=False, split_digits=True, num_threads=1,
        allow_whitespace_only_pieces=True, character_coverage=0.995, minloglevel=2)
    return sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())


def vocabulary(p):
    def kind(i):
        return 6 if p.is_byte(i) else 2 if p.is_unknown(i) else 3 if p.is_control(i) else 1

    ids = range(p.vocab_size())
    return {"tokens": [p.id_to_piece(i) for i in ids], "scores": [p.get_score(i) for i in ids],
            "types": [kind(i) for i in ids]}


def strings(n):
    draw = random.Random(11)
    words = "the a model token of GPU slots experts 3 42 1999 chunk_size → ü 日本 👍🏽 é ß don't ▁".split(" ")
    words += ["\t", "\n", "<s>", "</s>", "<0x41>"]
    alphabet = "abc XYZ019.,;:!?'\"()\n\té世🦙\u0301\u00a0▁"
    for _ in range(n):
        if draw.random() < 0.5:
            yield draw.choice(["", " ", "  "]).join(draw.choice(words) for _ in range(draw.randint(1, 12)))
        else:
            yield "".join(draw.choice(alphabet) for _ in range(draw.randint(0, 40)))


p = train()
everything = sys.argv[1:] == ["all"]
golden = [{"text": s, "ids": p.encode(s)} for s in strings(5000 if everything else 250)]
text = json.dumps({**vocabulary(p), "encodings": golden}, ensure_ascii=False, separators=(",", ":"))
if everything:
    print(text)
else:
    (here / "sentencepiece.json").write_text(text.replace('},{"text"', '},\n{"text"') + "\n")
