"""Simple pictures whose content is known: what the vision half of Nano learns from.

A Scene is a list of drawn shapes with a colour, a place and a size. `random_scene` invents one,
`render` draws it and sends it through Llama 4's preprocessing for one 336 x 336 tile: fit with the
aspect ratio kept, antialiased bilinear filter, top-left, black padding. Nothing here knows words,
tokens or models.
"""

import colorsys
import io
import math
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

TILE = 336
SHAPES = ["circle", "square", "triangle", "star", "heart"]
# Hue in degrees, saturation and value in percent: bands with gaps between them, so that a name is never arguable.
COLOURS = {
    "red": ((-6, 5), (82, 100), (74, 100)),
    "orange": ((26, 36), (88, 100), (92, 100)),
    "yellow": ((51, 60), (78, 100), (92, 100)),
    "green": ((100, 145), (55, 100), (42, 100)),
    "blue": ((210, 240), (68, 100), (62, 100)),
    "purple": ((272, 290), (52, 100), (44, 80)),
    "black": ((0, 360), (0, 20), (0, 8)),
    "gray": ((0, 360), (0, 5), (45, 62)),
}
COLOUR_NAMES = list(COLOURS)
PLACES = [f"{row} {col}".strip() for row in ("top", "middle", "bottom") for col in ("left", "centre", "right")]
MAX_COUNT = 5


@dataclass
class Shape:
    kind: str
    colour: str
    rgb: tuple
    x: float  # centre, as a fraction of the picture's width
    y: float  # centre, as a fraction of the picture's height
    radius: float  # as a fraction of the picture's shorter side
    angle: float  # radians
    stretch: float  # width over height, before rotation
    style: str  # "filled", "outline" or "edged": filled with a thin dark edge
    place: int = -1  # index into PLACES, -1 where a person could argue


@dataclass
class Scene:
    width: int
    height: int
    background: tuple  # its colour
    shapes: list = field(default_factory=list)
    seed: int = 0

    @property
    def fitted(self):
        """Width and height after the fit into one tile (float64 quotients, as the reference does)."""
        if TILE / self.width < TILE / self.height:
            return TILE, max(1, min(math.floor(self.height * (TILE / self.width)), TILE))
        return max(1, min(math.floor(self.width * (TILE / self.height)), TILE)), TILE


def random_scene(seed):
    rng = np.random.default_rng(seed)
    scene = Scene(*_canvas(rng), _background(rng), seed=seed)
    if rng.random() < 0.02:
        return scene  # nothing drawn: "there are no shapes"
    cast = _cast(rng)
    spots = _row(rng, len(cast)) if len(cast) > 1 and rng.random() < 0.35 else [None] * len(cast)
    radius = rng.uniform(0.12, 0.32 / len(cast) ** 0.5) if len(cast) > 1 and rng.random() < 0.6 else None
    for (kind, colour), spot in zip(cast, spots):
        _place(rng, scene, kind, colour, spot, radius)
    return scene


def _row(rng, n):
    """Centres side by side, as people draw when they are asked for "three circles"."""
    level, flat = rng.uniform(0.25, 0.75), rng.random() < 0.75
    along = (np.arange(n) + 0.5) / n + rng.normal(0, 0.015, n)
    return [(a, level) if flat else (level, a) for a in along]


def _canvas(rng):
    if rng.random() < 0.45:
        side = int(rng.integers(100, 1100))
        return side, side
    width = int(rng.integers(140, 1100))
    return width, int(np.clip(width * math.exp(rng.uniform(-0.65, 0.65)), 100, 1400))


def _background(rng):
    """White, or a plain light colour without a name."""
    if rng.random() < 0.8:
        return 255, 255, 255
    return tuple(int(v) for v in 255 - rng.integers(4, 40, 3))


def sample_rgb(rng, name):
    h, s, v = (rng.uniform(*band) for band in COLOURS[name])
    rgb = colorsys.hsv_to_rgb((h % 360) / 360, s / 100, v / 100)
    return tuple(round(255 * c) for c in rgb)


def _cast(rng):
    """The (kind, colour) pairs of one scene: one shape, a group of equals, two groups, or two or three singles."""
    kind = lambda: SHAPES[rng.integers(len(SHAPES))]
    colour = lambda: COLOUR_NAMES[rng.integers(len(COLOUR_NAMES))]
    pick = rng.random()
    if pick < 0.22:
        return [(kind(), colour())]
    if pick < 0.72:
        return [(kind(), colour())] * int(rng.integers(2, MAX_COUNT + 1))
    if pick < 0.9:
        a, b, k = (kind(), colour()), (kind(), colour()), int(rng.integers(1, MAX_COUNT))
        return [a] * k + [b] * int(rng.integers(1, MAX_COUNT + 1 - k))
    return [(kind(), colour()) for _ in range(int(rng.integers(2, 4)))]


def _place(rng, scene, kind, colour, spot=None, radius=None):
    """Puts one shape where it touches no other; gives up silently when the picture is full."""
    found = _room(rng, scene, spot, radius)
    if found is None:
        return
    x, y, radius = found
    style = ("filled", "outline", "edged")[rng.choice(3, p=(0.88, 0.05, 0.07))]
    shape = Shape(kind, colour, sample_rgb(rng, colour), x, y, radius, _angle(rng, kind), _stretch(rng), style, place_of(x, y))
    scene.shapes.append(shape)


def _room(rng, scene, spot, fixed):
    """A free centre and radius; tries smaller and smaller."""
    w, h = scene.fitted
    short, largest = min(w, h), 0.24 if scene.shapes else 0.42
    for attempt in range(40):
        radius = (fixed or rng.uniform(0.12, max(0.13, largest))) * (0.985**attempt if fixed else 1)
        largest *= 0.96
        rx, ry = radius * short / w, radius * short / h
        x, y = spot if spot else (rng.uniform(rx, 1 - rx), rng.uniform(ry, 1 - ry))
        if spot:
            x, y = np.clip(x, rx, 1 - rx), np.clip(y, ry, 1 - ry)
        if radius * short >= 20 and all(
            math.hypot((x - o.x) * w, (y - o.y) * h) > (radius + o.radius) * short + 6 for o in scene.shapes
        ):
            return float(x), float(y), float(radius)
    return None


def _angle(rng, kind):
    free = {"circle": 0.0, "triangle": 0.25, "star": 0.4, "heart": 0.15}.get(kind, 0.1)
    return float(rng.uniform(-free, free))


def _stretch(rng):
    return float(math.exp(rng.normal(0, 0.04)))


def place_of(x, y):
    """The third of the picture a centre lies in; -1 within 5 % of a border between thirds."""
    cells = [int(v * 3) if min(abs(v - 1 / 3), abs(v - 2 / 3)) > 0.05 else None for v in (x, y)]
    return -1 if None in cells else 3 * min(cells[1], 2) + min(cells[0], 2)


# --- outlines: unit polygons, y down ---


def _ring(radii, n):
    turn = np.arange(n) * 2 * math.pi / n - math.pi / 2
    return np.stack([np.cos(turn), np.sin(turn)], 1) * np.resize(radii, n)[:, None]


def _heart():
    t = np.linspace(0, 2 * math.pi, 48, endpoint=False)
    x, y = 16 * np.sin(t) ** 3, 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    return np.stack([x, -y], 1) / 17


def _polygon(rng, kind):
    if kind == "circle":
        return _ring([1.0], 48)
    if kind == "square":
        return np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * 0.75
    if kind == "triangle":
        return _ring([1.0], 3)
    if kind == "star":
        return _ring([1.0, rng.uniform(0.36, 0.46)], 10)
    return _heart()


def outline(rng, shape):
    """The polygon of one shape around the origin in units of its radius; a hand that trembles now and then."""
    points = _polygon(rng, shape.kind)
    wide = shape.stretch
    points = points * ((1, 1 / wide) if wide > 1 else (wide, 1))
    if rng.random() < 0.25:
        points = _tremble(rng, _subdivide(points, 8 if len(points) < 20 else 1))
    c, s = math.cos(shape.angle), math.sin(shape.angle)
    return points @ np.array([(c, s), (-s, c)])


def _subdivide(points, times):
    steps = np.arange(times)[:, None] / times
    return np.concatenate([a + steps * (b - a) for a, b in zip(points, np.roll(points, -1, 0))])


def _tremble(rng, points):
    t = np.arange(len(points)) * 2 * math.pi / len(points)
    wave = sum(rng.normal(0, 0.01, 2)[:, None] * np.sin(k * t + rng.uniform(0, 6.3)) for k in (2, 3, 5, 7))
    return points + wave.T


# --- drawing ---


def render(scene):
    """The preprocessed tile: uint8 [336, 336, 3]."""
    rng = np.random.default_rng(scene.seed + 1_000_003)
    width, height = scene.fitted
    if rng.random() < 0.6 or max(scene.width, scene.height) > 800:
        image = _draw(rng, scene, width * 2, height * 2).reduce(2)
    else:
        image = _draw(rng, scene, scene.width, scene.height)
    image = _wear(rng, image)
    return pad(image.resize((width, height), Image.BILINEAR) if image.size != (width, height) else image)


def pad(image):
    tile = np.zeros((TILE, TILE, 3), np.uint8)
    tile[: image.height, : image.width] = np.asarray(image)
    return tile


def fit(image):
    """Any picture as Nano sees it: one tile, aspect ratio kept (spec section 4.4 with at most one tile)."""
    if image.mode in ("RGBA", "LA", "P"):
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
    size = Scene(*image.size, ()).fitted
    return pad(image.convert("RGB").resize(size, Image.BILINEAR))


def picture(scene):
    """The scene as a person would upload it: an image of its own size, without wear."""
    rng = np.random.default_rng(scene.seed + 1_000_003)
    return _draw(rng, scene, scene.width * 2, scene.height * 2).reduce(2)


def _draw(rng, scene, width, height):
    image = Image.new("RGB", (width, height), scene.background)
    pen, scale = ImageDraw.Draw(image), min(width, height) / TILE
    for shape, points, stroke in _drawn(rng, scene):
        centre, radius = (shape.x * width, shape.y * height), shape.radius * min(width, height)
        _ink(pen, shape, [tuple(p) for p in points * radius + centre], stroke * radius, scale)
    if not scene.shapes and rng.random() < 0.5:
        return _photo(rng, width, height)
    return image


def _drawn(rng, scene):
    """Each shape with its polygon and the width of its stroke, in units of its radius."""
    return [(shape, outline(rng, shape), rng.uniform(0.1, 0.2)) for shape in scene.shapes]


def polygons(scene):
    """The outlines as `render` draws them, in pixels of the tile: one array [points, 2] a shape."""
    rng = np.random.default_rng(scene.seed + 1_000_003)
    rng.random()  # render's choice of how to draw
    w, h = scene.fitted
    return [points * shape.radius * min(w, h) + (shape.x * w, shape.y * h) for shape, points, _ in _drawn(rng, scene)]


def _ink(pen, shape, points, stroke, scale):
    loop = points + points[:2]
    if shape.style == "outline":
        pen.line(loop, shape.rgb, max(2, round(max(4 * scale, stroke))), joint="curve")
        return
    pen.polygon(points, shape.rgb)
    if shape.style == "edged":
        pen.line(loop, (10, 10, 10), max(1, round(2.2 * scale)), joint="curve")


def _photo(rng, width, height):
    """Soft blotches: something that is no drawing at all."""
    coarse = rng.integers(0, 256, (int(rng.integers(2, 9)), int(rng.integers(2, 9)), 3), np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.BICUBIC)


def _wear(rng, image):
    """What happens to pictures on their way: blur, grain, light, JPEG."""
    if rng.random() < 0.08:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.4, 1.1)))
    if rng.random() < 0.08:
        grain = rng.normal(0, rng.uniform(2, 6), (image.height, image.width, 1))
        image = Image.fromarray(np.clip(np.asarray(image) + grain, 0, 255).astype(np.uint8))
    if rng.random() < 0.25:
        packed = io.BytesIO()
        image.save(packed, "JPEG", quality=int(rng.integers(65, 96)))
        image = Image.open(packed).convert("RGB")
    return image
