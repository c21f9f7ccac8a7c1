"""Makes the golden files of Llama 4: tiny random models as GGUF, and what Hugging Face transformers computes with them.

    python make.py            writes every file of this folder except the sources and README.md

The weights are those of the GGUF files, dequantised by the gguf package. The golden values are transformers' in
float64, eager attention, no cache, kept as float32. Three checks run each time and stop the script: a float64 numpy
implementation written from the specification alone agrees (spec.py), transformers in float32 agrees and chooses the
same experts and tokens, and transformers' own cache is tried and its agreement noted. Nothing shares code with Outrider.
"""

import pathlib
import sys

import gguf
import numpy as np
import torch
import transformers
import vocabulary
import weights
from PIL import Image

import reference
import spec

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from golden import Golden  # noqa: E402

PROMPT = "The old ship sails by the light of the sea."  # 21 tokens in its frame: chunks of 8 end at 8 and 16
LENGTH = 26  # tokens, the greedy ones included: the chunk ending at 24 is crossed in decode
IMAGE_PROMPT = "Describe this picture"
IMAGE_LENGTH = 8  # tokens decoded after an image

MIN_GAP = 0.05  # least allowed lead of the best token over the next at every greedy step, in logits
TOLERANCE, TOLERANCE_F32 = 1e-24, 1e-10  # normalised squared errors: the second opinion's, float32's

WEIGHTS = {
    "interleave1": weights.TEXT,
    "interleave2": weights.TEXT | dict(interleave=2),
    "headdim24": weights.TEXT | dict(head_dim=24),
}


def variants():
    """(golden file, weights file, configuration)."""
    for interleave in "interleave1", "interleave2":
        for high in 1, 4:
            for norm in True, False:
                name = f"{interleave}-{'qknorm' if norm else 'nonorm'}-high{high}"
                yield name, interleave, WEIGHTS[interleave] | dict(high=float(high), qk_norm=norm)
    yield "headdim24", "headdim24", WEIGHTS["headdim24"]
    yield "interleave1-top2", "interleave1", WEIGHTS["interleave1"] | dict(used=2)


def patches(path, c):
    """(offset, bytes) to write over a weights file so that it becomes the variant c: the file, tensors shared."""
    data, reader = path.read_bytes(), gguf.GGUFReader(path)

    def value_at(key):  # a key's bytes are followed by its type, 4 bytes, and its value
        return data.index(key.encode()) + len(key) + 4

    rope = next(t for t in reader.tensors if t.name == "rope_freqs.weight")
    wanted = [(value_at(weights.QK_NORM), bytes([c["qk_norm"]])), (value_at(weights.EXPERTS_USED), c["used"].to_bytes(4, "little")),
              (rope.data_offset, weights.divisors(c).astype("<f4").tobytes())]
    return [(at, new) for at, new in wanted if data[at:at + len(new)] != new]


def error(got, want):
    """Normalised squared error, the largest over a list of arrays."""
    if isinstance(want, list):
        return max(map(error, got, want))
    return float(((got - want) ** 2).sum() / (want.astype(np.float64) ** 2).sum())


def gap(logits, k=1):
    """Least lead of the k best over the rest, over all rows."""
    best = np.sort(np.asarray(logits, np.float64), -1)
    return float((best[..., -k] - best[..., -k - 1]).min())


def check(name, got, want, limit):
    e = error(got, want)
    assert e <= limit, f"{name}: {e:.3g} > {limit}"
    return f"{e:.1e}"


def chosen(routers, k):
    """Experts by falling logit: [tokens, layers·k]."""
    return np.concatenate([np.argsort(-r, -1, kind="stable")[:, :k] for r in routers], -1)


def continue_greedily(model, ids, length):
    while len(ids) < length:
        ids = ids + [int(reference.run_text(model, input_ids=torch.tensor([ids]))[1][-1].argmax())]
    return ids


@torch.no_grad()
def cached_tokens(model, ids, length):
    """The same with transformers' own cache, for the record: it has been wrong across chunk boundaries (§8.2)."""
    out, ids = model(input_ids=torch.tensor([ids]), use_cache=True), list(ids)
    logits = [out.logits[0].numpy()]
    while len(ids) < length:
        ids.append(int(logits[-1][-1].argmax()))
        out = model(input_ids=torch.tensor([ids[-1:]]), past_key_values=out.past_key_values, use_cache=True)
        logits.append(out.logits[0].numpy())
    return ids, np.concatenate(logits)


def make_text(name, file, c):
    path = HERE / f"{file}.gguf"
    w = weights.read(path) | {"rope_freqs.weight": weights.divisors(c)}
    model = reference.text_model(w, c)
    prompt = vocabulary.turn(PROMPT)
    single = continue_greedily(model, prompt, LENGTH)
    f32 = reference.run_text(model, input_ids=torch.tensor([single]))
    with reference.double(model, c, w):
        ids = continue_greedily(model, prompt, LENGTH)
        hidden, logits, routers = reference.run_text(model, input_ids=torch.tensor([ids]))
        cached_ids, cached_logits = cached_tokens(model, prompt, LENGTH)

    x = w["token_embd.weight"][ids].astype(np.float64)
    second, half = spec.text(w, c, x), spec.text(w, c, x, spec.half)
    g = header(c)
    g.note("weights", path.name)
    g.note("patches", " ".join(f"{at}:{new.hex()}" for at, new in patches(path, c)) or "none")
    g.note("text", PROMPT)
    g.note("spec_error", " ".join([check(name, second[0], hidden, TOLERANCE), check(name, second[1], logits, TOLERANCE)]))
    g.note("float32_error", check(name, f32[1], logits, TOLERANCE_F32))
    g.note("cache_error", f"{error(cached_logits, logits):.1e}")
    assert single == ids and (chosen(f32[2], c["used"]) == chosen(routers, c["used"])).all(), name
    assert cached_ids == ids, (name, cached_ids, ids)
    note_margins(g, name, logits[len(prompt) - 1:], second, half, c["used"])
    g.note("prompt_tokens", len(prompt))
    g.array("tokens", np.array(ids + [int(logits[-1].argmax())]))
    g.array("hidden", np.stack(hidden))
    g.array("logits", logits)
    g.array("experts", chosen(routers, c["used"]))
    g.array("router_logits", np.concatenate(routers, -1))
    g.write(HERE / f"{name}.golden")
    print(name, *[line for line in g.header if "error" in line or "gap" in line], [vocabulary.TOKENS[i] for i in ids[21:]], sep="; ")


def header(c):
    g = Golden()
    g.note("made", f"transformers {transformers.__version__}, torch {torch.__version__}, float64, eager, no cache")
    g.note("config", " ".join(f"{k}={v}" for k, v in c.items()))
    return g


def note_margins(g, name, decided, second, half, k, whole=True):
    """decided: logits of the greedy steps. Demands that rounding keys and values to float16, the largest error an exact
    implementation makes, changes no token and no expert: of any position, or else of the greedy steps."""
    logits, routers, n = second[1], second[2], len(decided)
    assert gap(decided) >= MIN_GAP, f"{name}: gap {gap(decided):.4f}; choose another seed"
    changed = (chosen(half[2], k) != chosen(routers, k))[0 if whole else -n:].sum()
    assert changed == 0, f"{name}: float16 changes {changed} experts; choose another seed"
    assert (half[1][-n:].argmax(-1) == decided.argmax(-1)).all(), f"{name}: float16 changes a token; choose another seed"
    g.note("least_gap", f"{gap(decided):.4f}")
    g.note("least_router_gap", f"{min(gap(r, k) for r in routers):.4f}")
    g.note("float16_cache_error", f"{error(half[1], logits):.1e}")


# Vision.

PER_TILE = {"tiny": 4, "real": 144}


def tiny_tiles():
    """A grid of 1×2 and the global tile, 16×16, noise."""
    return np.random.default_rng(7).integers(0, 256, (3, 16, 16, 3), dtype=np.uint8)


def real_tiles():
    """The one tile of the noise picture of ../image, as internal/image cuts it."""
    return np.asarray(Image.open(HERE.parent / "image/noise-97x61.tiles.png"))[None]


def normalised(tiles):
    """[tiles, 3, side, side] from bytes [tiles, side, side, 3], in float32 (§4.6)."""
    x = (tiles.astype(np.float32) / np.float32(255) - np.float32(0.5)) / np.float32(0.5)
    return np.ascontiguousarray(x.transpose(0, 3, 1, 2))


def image_tokens(cols, per_tile):
    """The layout of one row of tiles (§4.7)."""
    s, run = vocabulary.special, [vocabulary.special("patch")] * per_tile
    out = [s("image_start")]
    if cols > 1:
        for i in range(cols):
            out += run + [s("tile_x_separator")] * (i < cols - 1)
        out += [s("tile_y_separator")]
    return out + [s("image"), *run, s("image_end")]


KEPT_ROWS = {"tiny": slice(None), "real": [*range(0, 48), *range(276, 300), *range(552, 577)]}  # class token last


def make_vision(name, c, tiles, cols):
    text_c, text_w = weights.TEXT, weights.read(HERE / "interleave1.gguf")
    w = weights.read(HERE / f"vision-{name}.gguf")
    model = reference.whole_model(text_w, text_c, w, c)
    pixels = normalised(tiles)
    prompt = vocabulary.turn(IMAGE_PROMPT, before=image_tokens(cols, PER_TILE[name]))
    f32 = reference.run_vision(model, torch.from_numpy(pixels))
    with reference.double(model, text_c, text_w, c):
        x = torch.from_numpy(pixels).double()
        states, post, shuffled, adapted, projected = reference.run_vision(model, x)
        ids, length = list(prompt), len(prompt) + IMAGE_LENGTH
        while len(ids) < length:
            hidden, logits, routers = reference.run_text(model, input_ids=torch.tensor([ids]), pixel_values=x)
            ids.append(int(logits[-1].argmax()))

    g = header(c | dict(type=c["type"].name))
    g.note("weights", f"interleave1.gguf vision-{name}.gguf")
    opinions = [spec.vision(w, c, tile.astype(np.float64)) for tile in pixels]
    second = [np.stack(parts) for parts in zip(*[o[1:] for o in opinions])]
    second_states = [np.stack(s) for s in zip(*[o[0] for o in opinions])]
    g.note("spec_error", " ".join([check(name, second_states, states, TOLERANCE),
                                   check(name, second, [post, shuffled, adapted, projected], TOLERANCE)]))
    g.note("float32_error", check(name, f32[4], projected, TOLERANCE_F32))
    embedded = text_w["token_embd.weight"][ids[:-1]].astype(np.float64)
    embedded[np.array(ids[:-1]) == vocabulary.special("patch")] = projected.reshape(-1, c["text_hidden"])
    second, half = spec.text(text_w, text_c, embedded), spec.text(text_w, text_c, embedded, spec.half)
    g.note("spec_logits_error", check(name, second[1], logits, TOLERANCE))
    note_margins(g, name, logits[len(prompt) - 1:], second, half, text_c["used"], whole=name == "tiny")

    rows = KEPT_ROWS[name]
    g.note("prompt_tokens", len(prompt))
    g.note("text", IMAGE_PROMPT)
    if name == "tiny":
        g.array("pixels", pixels)
        g.array("shuffled", shuffled)
    else:
        g.note("picture", "../image/noise-97x61.png")
        g.array("rows", np.array(rows))
        g.array("shuffled_rows", np.array(rows[:24]))
        g.array("shuffled", shuffled[:, rows[:24]])
    for i, state in enumerate(states):
        g.array(f"state{i}", state[:, rows])
    g.array("adapted", adapted)
    g.array("projected", projected)
    g.array("tokens", np.array(ids))
    g.array("logits", logits if name == "tiny" else logits[len(prompt) - 1:])
    g.array("experts", chosen(routers, text_c["used"]))
    g.write(HERE / f"vision-{name}.golden")
    print(f"vision-{name}", len(prompt), *[line for line in g.header if "error" in line or "gap" in line],
          [vocabulary.TOKENS[i] for i in ids[len(prompt):]], sep="; ")


def main():
    torch.set_num_threads(1)
    for name, c in WEIGHTS.items():
        weights.write_text(HERE / f"{name}.gguf", c)
    for variant in variants():
        make_text(*variant)
    weights.write_vision(HERE / "vision-tiny.gguf", weights.TINY_VISION)
    weights.write_vision(HERE / "vision-real.gguf", weights.REAL_VISION)
    make_vision("tiny", weights.TINY_VISION, tiny_tiles(), cols=2)
    make_vision("real", weights.REAL_VISION, real_tiles(), cols=1)


if __name__ == "__main__":
    main()
