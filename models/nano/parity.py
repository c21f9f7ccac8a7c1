"""Writes golden files: what transformers answers, greedily in float32, with the weights of Nano's GGUF files.

    python parity.py        writes testdata/golden/nano/cases.json and its pictures

50 held-out prompts, 20 of them about a picture. A case is kept only if at every step the best token leads the
second by MARGIN logits, so that another correct implementation, rounding differently, must say the same tokens.
"""

import json
from pathlib import Path

import numpy as np
import torch

import dialogues
import export
import vocab
from evaluate import LONGEST, NEW_SCENES
from recipe import EOT
from scenes import fit, picture, random_scene
from test_nano import pixels, reference

FOLDER = Path(__file__).parents[2] / "testdata" / "golden" / "nano"
TEXTS, PICTURES, MARGIN = 30, 20, 0.5


@torch.no_grad()
def greedy(model, ids, tile):
    """New ids up to and including the end of turn, and the smallest lead of a best token over the second."""
    shown = {} if tile is None else {"pixel_values": pixels([tile])}
    said, lead, cache, new = [], float("inf"), None, ids
    while len(said) < LONGEST and EOT not in said and lead > MARGIN:
        out = model(input_ids=torch.tensor([new]), use_cache=True, past_key_values=cache, **shown)
        (best, second), (token, _) = (part.tolist() for part in out.logits[0, -1].topk(2))
        said, lead = [*said, token], min(lead, best - second)
        cache, new, shown = out.past_key_values, [token], {}
    return said, lead


def text_cases(model):
    families, i = list(dialogues.FAMILIES), 0
    while True:
        rng = np.random.default_rng((11, i))
        turn = dialogues.question(rng, families[i % len(families)], held=True)
        i += 1
        said, lead = greedy(model, vocab.prompt([("user", turn.ask)]), None)
        if lead > MARGIN and turn.right(vocab.decode(said)):
            yield case(turn, "user", said, lead)


def picture_cases(model):
    seed = NEW_SCENES * 2
    while True:
        seed += 1
        rng, scene = np.random.default_rng((12, seed)), random_scene(seed)
        if max(scene.width, scene.height) > 700:
            continue
        turn = dialogues.pictures.turn(rng, scene)
        drawn = picture(scene)
        said, lead = greedy(model, vocab.prompt([("image", turn.ask)]), fit(drawn))
        if lead > MARGIN and turn.right(vocab.decode(said)):
            name = f"{scene.seed}.png"
            drawn.save(FOLDER / name, optimize=True)
            yield case(turn, "image", said, lead) | {"picture": name}


def case(turn, role, said, lead):
    return {"family": turn.family, "ask": turn.ask, "prompt": vocab.prompt([(role, turn.ask)]), "tokens": said, "answer": vocab.decode(said), "lead": round(lead, 3)}


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.png"):
        old.unlink()
    model = reference(export.read())
    texts, pictures = text_cases(model), picture_cases(model)
    cases = [next(texts) for _ in range(TEXTS)] + [next(pictures) for _ in range(PICTURES)]
    lines = ",\n".join(json.dumps(c, ensure_ascii=False) for c in cases)
    (FOLDER / "cases.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    torch.set_num_threads(2)
    main()
