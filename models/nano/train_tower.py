"""First lesson of the vision half, without words: name what is drawn, cell by cell.

    python train_tower.py STEPS [PAUSE_AT]

The 144 vectors that the text half will read must tell, through throw-away linear heads: which shape and colour
covers a cell, how many of that shape the picture holds (a cell that nothing covers tells how many there are of all), how
edges run in it, whether a shape's centre lies in it, in which third of the picture; and, pooled, how many there are.
"""

import sys

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import loop
from album import Album
from recipe import SEED, Text
from scenes import COLOUR_NAMES, MAX_COUNT, PLACES, SHAPES, polygons, random_scene
from vision import Eye

BATCH = 8
EASY = 1500  # steps over which the share of easy pictures, one large shape each, falls from all to a tenth
GRID, CELL = 12, 28
DIRECTIONS = 8  # of the edges that run through a cell
NONE = 0  # class of a cell that nothing covers


class Examined(nn.Module):
    """The eye and its examiners."""

    def __init__(self, eye=None):
        super().__init__()
        self.eye, width = eye or Eye(), Text().hidden_size
        self.kind = nn.Linear(width, 1 + len(SHAPES))
        self.colour = nn.Linear(width, 1 + len(COLOUR_NAMES))
        self.number = nn.Linear(width, 1 + MAX_COUNT)
        self.place = nn.Linear(width, 1 + len(PLACES))
        self.centre = nn.Linear(width, 1)
        self.cell = nn.Linear(width, 2 * GRID)
        self.edges = nn.Linear(width, DIRECTIONS)
        self.counts = nn.Sequential(nn.Linear(width, 160), nn.GELU(), nn.Linear(160, (1 + len(SHAPES) + len(COLOUR_NAMES)) * (MAX_COUNT + 1)))

    def heads(self):
        """The layers that read the eye's vectors."""
        return [self.kind, self.colour, self.number, self.place, self.centre, self.cell, self.edges, self.counts[0]]

    def forward(self, seen):
        """seen [pictures, 144, hidden]: what the eye says."""
        counts = self.counts(seen.mean(1) * 4).unflatten(-1, (-1, MAX_COUNT + 1))
        return self.kind(seen), self.colour(seen), self.number(seen), self.place(seen), self.centre(seen)[..., 0], self.cell(seen), self.edges(seen), counts


def labels(scene):
    """Per cell: kind, colour, number, place (class 0 none, -100 unsaid), centre (0 or 1) and edges; then the counts."""
    w, h = scene.fitted
    number = np.full((GRID, GRID), len(scene.shapes), np.int64)
    kind, colour, place = (np.zeros((GRID, GRID), np.int64) for _ in range(3))
    centre = np.zeros((GRID, GRID), np.float32)
    middle = (np.arange(GRID) + 0.5) * CELL
    for s in scene.shapes:
        x, y, reach = s.x * w, s.y * h, 0.9 * s.radius * min(w, h)
        row, column = min(int(y / CELL), GRID - 1), min(int(x / CELL), GRID - 1)
        wide, high = reach * min(1, s.stretch), reach * min(1, 1 / s.stretch)
        covered = ((middle[:, None] - y) / high) ** 2 + ((middle - x) / wide) ** 2 < 1
        covered[row, column] = True
        kind[covered], colour[covered] = 1 + SHAPES.index(s.kind), 1 + COLOUR_NAMES.index(s.colour)
        number[covered] = sum(o.kind == s.kind for o in scene.shapes)
        centre[row, column] = 1
        place[row, column] = 1 + s.place if s.place >= 0 else -100
    return kind.ravel(), colour.ravel(), number.ravel(), place.ravel(), centre.ravel(), edges(scene), count(scene)


def edges(scene):
    """Which directions the outlines have in each cell, [144, DIRECTIONS] of 0 and 1."""
    found = np.zeros((GRID, GRID, DIRECTIONS), np.float32)
    for corners in polygons(scene):
        step = np.roll(corners, -1, 0) - corners
        bins = np.round(np.arctan2(step[:, 1], step[:, 0]) / np.pi * DIRECTIONS).astype(int) % DIRECTIONS
        for along in np.arange(0.5, 12) / 12:
            x, y = np.clip((corners + along * step) // CELL, 0, GRID - 1).astype(int).T
            found[y, x, bins] = 1
    return found.reshape(GRID * GRID, DIRECTIONS)


def count(scene):
    kinds, colours = [s.kind for s in scene.shapes], [s.colour for s in scene.shapes]
    return np.array([len(kinds), *map(kinds.count, SHAPES), *map(colours.count, COLOUR_NAMES)])


def batch(album, easy, step):
    rng = np.random.default_rng((SEED, step))
    share = max(0.1, 1 - step / EASY)
    seeds = [int(rng.choice(easy) if rng.random() < share else rng.integers(len(album))) for _ in range(BATCH)]
    return torch.from_numpy(np.stack([album[s] for s in seeds])), truths(seeds)


def truths(seeds):
    return [torch.from_numpy(np.stack(part)) for part in zip(*(labels(random_scene(s)) for s in seeds))]


def easy_seeds(count):
    scenes = ((seed, random_scene(seed).shapes) for seed in range(count))
    return np.array([seed for seed, shapes in scenes if len(shapes) == 1 and shapes[0].radius > 0.15])


def loss_of(model, seen, truth):
    seen = seen.float()
    kind, colour, number, place, centre, cell, direction, counts = model(seen)
    t_kind, t_colour, t_number, t_place, t_centre, t_edges, t_counts = truth
    parts = {
        "kind": _classify(kind, t_kind),
        "colour": _classify(colour, t_colour),
        "number": _count(number, t_number, t_kind > 0),
        "place": _classify(place, t_place),
        "centre": F.binary_cross_entropy_with_logits(centre, t_centre, pos_weight=torch.tensor(8.0)),
        "counts": F.cross_entropy(counts.flatten(0, 1), t_counts.flatten()),
        "cell": _where(cell),
        "edges": 2 * F.binary_cross_entropy_with_logits(direction, t_edges, pos_weight=torch.tensor(4.0)),
        "scale": (seen.pow(2).mean(-1) - 0.5).pow(2).mean(),
    }
    loss = sum(parts.values())
    numbers = {k: v.item() for k, v in parts.items()}
    numbers["kind_ok"] = _right(kind, t_kind)
    numbers["colour_ok"] = _right(colour, t_colour)
    numbers["number_ok"] = (number.argmax(-1) == t_number)[t_kind > 0].float().mean().item() if (t_kind > 0).any() else 1.0
    numbers["counts_ok"] = (counts.argmax(-1) == t_counts).all(-1).float().mean().item()
    return loss, numbers


def _classify(logits, truth):
    weight = torch.ones(logits.shape[-1])
    weight[NONE] = 0.15
    return F.cross_entropy(logits.flatten(0, 1), truth.flatten(), weight)


def _count(logits, truth, covered):
    """Covered cells and the others weigh the same, however few the covered ones are."""
    losses = F.cross_entropy(logits.flatten(0, 1), truth.flatten(), reduction="none").view_as(truth)
    return losses[~covered].mean() + (losses[covered].mean() if covered.any() else 0)


def _right(logits, truth):
    drawn = truth > 0
    return (logits.argmax(-1) == truth)[drawn].float().mean().item() if drawn.any() else 1.0


def _where(cell):
    index = torch.arange(GRID * GRID)
    rows, columns = cell.mean(0).split(GRID, -1)
    return 0.1 * (F.cross_entropy(rows, index // GRID) + F.cross_entropy(columns, index % GRID))


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    model, album = Examined(), Album()
    easy = easy_seeds(len(album))
    loop.run("tower", model, lambda b: loss_of(model, model.eye(b[0]), b[1]), int(sys.argv[1]), 1e-3, lambda step: batch(album, easy, step), *map(int, sys.argv[2:]))
