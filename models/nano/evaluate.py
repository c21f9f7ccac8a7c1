"""Measures the exported Nano on held-out questions and pictures; prints every number of the model card.

    python evaluate.py [CASES_PER_FAMILY]      default 500; reads nano.gguf and nano-mmproj.gguf

Questions of text families are those that training never saw (dialogues.held_out); pictures have seeds that
training never drew. Answers are greedy, float32, on the dequantised weights of the files.
"""

import sys
from collections import defaultdict

import numpy as np
import torch

import dialogues
import export
import vocab
from recipe import EOT, Text
from scenes import random_scene, render
from text import Cache

NEW_SCENES = 10_000_000  # first seed of pictures for evaluation
LONGEST = 96
PICTURE_FAMILIES = ["shape", "colour", "count", "place", "describe", "exists", "picture wish"]


def text_cases(family, count):
    """Distinct held-out turns, typed cleanly."""
    rng, seen = np.random.default_rng((9, len(family), ord(family[0]))), {}
    for _ in range(count * 200):
        turn = dialogues.question(rng, family, held=True)
        seen.setdefault(turn.ask, turn)
        if len(seen) == count:
            break
    return [(turn, None, []) for turn in seen.values()]


def picture_cases(count):
    """For each picture family, `count` turns, each about a picture of its own."""
    cases, seed = defaultdict(list), NEW_SCENES
    while any(len(cases[family]) < count for family in PICTURE_FAMILIES):
        rng, scene = np.random.default_rng((10, seed)), random_scene(seed)
        turn = dialogues.pictures.turn(rng, scene)
        if turn.family in PICTURE_FAMILIES and len(cases[turn.family]) < count:
            cases[turn.family].append((turn, scene, []))
        seed += 1
    return cases


def late_cases(count):
    """Turns about pictures that come after a talk of one or two other turns."""
    for seed in range(3 * NEW_SCENES, 3 * NEW_SCENES + count):
        rng, scene = np.random.default_rng((13, seed)), random_scene(seed)
        yield dialogues.pictures.turn(rng, scene), scene, dialogues.conversation(rng, int(rng.integers(1, 3)))


@torch.no_grad()
def answers(nano, cases, batch=32):
    """Greedy answers; prompts of equal length go together."""
    by_length = defaultdict(list)
    for i, (turn, scene, talk) in enumerate(cases):
        ids = vocab.prompt([*talk, ("user" if scene is None else "image", turn.ask)])
        by_length[len(ids)].append((i, ids, scene))
    out = [""] * len(cases)
    for group in by_length.values():
        for start in range(0, len(group), batch):
            numbers, prompts, scenes = zip(*group[start : start + batch])
            for i, ids in zip(numbers, greedy(nano, torch.tensor(prompts), _seen(nano, scenes))):
                out[i] = vocab.decode(ids)
    return out


def _seen(nano, scenes):
    return None if scenes[0] is None else nano.eye(torch.from_numpy(np.stack([render(s) for s in scenes])))


def greedy(nano, prompts, seen):
    """Lists of new ids, without the end of turn."""
    cache, x = Cache(), nano.embed(prompts, seen)
    said, going = [[] for _ in prompts], torch.ones(len(prompts), dtype=torch.bool)
    for _ in range(LONGEST):
        ids = nano.decoder.lm_head(nano.decoder.hidden(x, cache)[:, -1]).argmax(-1)
        going &= ids != EOT
        if not going.any():
            break
        for row in going.nonzero()[:, 0].tolist():
            said[row].append(ids[row].item())
        x = nano.decoder.embed(ids[:, None])
    return said


def score(nano, cases, show=3):
    """Share of right answers; prints some wrong ones."""
    wrong = []
    for (turn, *_), answer in zip(cases, answers(nano, cases)):
        if not turn.right(answer):
            wrong.append((turn.ask, answer, turn.answer))
    for ask, answer, wanted in wrong[:show]:
        print(f"      {ask!r} -> {answer!r}, wanted {wanted!r}")
    return 1 - len(wrong) / len(cases)


class Histogram:
    """Counts which experts serve which share of tokens while it is watching."""

    def __init__(self, nano):
        self.counts = torch.zeros(Text().num_layers, Text().num_experts, dtype=torch.long)
        for i, layer in enumerate(nano.decoder.model.layers):
            layer.feed_forward.register_forward_hook(self._watch(i))

    def _watch(self, i):
        def hook(moe, inputs, output):
            self.counts[i] += moe.chosen.bincount(minlength=self.counts.shape[1])

        return hook

    def show(self):
        share = self.counts / self.counts.sum(1, keepdim=True) * 100
        print("experts: share of tokens in % (rows are layers)")
        for row in share:
            print("  " + " ".join(f"{v:5.1f}" for v in row))
        print("  mean over layers: " + " ".join(f"{v:.1f}" for v in share.mean(0)))
        print(f"  least used expert of all layers: {share.min():.2f} %; least by mean over layers: {share.mean(0).min():.2f} %")


def main(count):
    nano = export.read()
    histogram = Histogram(nano)
    for family in dialogues.FAMILIES:
        cases = text_cases(family, count)
        print(f"{family:14s} {len(cases):4d} cases  {score(nano, cases):7.2%} right", flush=True)
    for family, cases in picture_cases(count).items():
        print(f"{family:14s} {len(cases):4d} pictures  {score(nano, cases):7.2%} right", flush=True)
    late = list(late_cases(count))
    print(f"after a talk   {len(late):4d} pictures  {score(nano, late):7.2%} right", flush=True)
    histogram.show()


if __name__ == "__main__":
    torch.set_num_threads(2)
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
