"""Makes the golden pictures of internal/image: inputs, the tiles the reference cuts them into, and layout tables.

Geometry (grid, size, tile order, tokens) is computed by transformers' own Llama4 functions. Pixels are resized by
Pillow's BILINEAR, the filter that spec/llama4.md §4.4 describes: this version of Llama4ImageProcessor resizes with
torchvision instead, whose fixed point has fewer bits. How far the two are apart is measured and written to README.md's
table, and the processor is run on every picture to prove that grid and tile count agree.

    python make.py            writes everything below this folder except README.md, and prints the README's table
"""

import io
import pathlib
import struct
import zlib

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageOps
from transformers.image_utils import SizeDict
from transformers.models.llama4 import image_processing_llama4 as hf
from transformers.models.llama4.processing_llama4 import Llama4Processor

HERE = pathlib.Path(__file__).parent
TILE, MAX_TILES, TOKENS_PER_TILE = 336, 16, 144
RESOLUTIONS = torch.tensor(hf.find_supported_resolutions(MAX_TILES, SizeDict(height=TILE, width=TILE)))
PROCESSOR = hf.Llama4ImageProcessor()


# Geometry, in the order of Llama4ImageProcessor._preprocess.

def layout(width, height):
    """Grid (rows, cols) and resized size (width, height).

    The canvas becomes Python integers, as in Meta's preprocess.py, so that the quotients are float64. The processor
    leaves tensors, whose quotients are float32: its floor differs for 2623×2623, 2676×892 and 2760×4800, and for none
    of the 10,000 random sizes.
    """
    size = (height, width)
    canvas = [int(v) for v in hf.get_best_fit(size, RESOLUTIONS)]
    limited = tuple(min(max(s, TILE), c) for s, c in zip(size, canvas))
    h, w = (max(v, 1) for v in hf.get_max_res_without_distortion(size, limited))
    return (canvas[0] // TILE, canvas[1] // TILE), (w, h)


def tokens(grid):
    return Llama4Processor._prompt_split_image(None, grid, TOKENS_PER_TILE).count("<|")


def tiles(upright):
    """The tiles of an RGB picture, stacked from the top down as one picture."""
    (rows, cols), size = layout(*upright.size)
    canvas = Image.new("RGB", (cols * TILE, rows * TILE))
    canvas.paste(upright.resize(size, Image.BILINEAR), (0, 0))
    cut = [canvas.crop((c * TILE, r * TILE, (c + 1) * TILE, (r + 1) * TILE)) for r in range(rows) for c in range(cols)]
    if len(cut) > 1:
        cut.append(upright.resize((TILE, TILE), Image.BILINEAR))
    stack = Image.new("RGB", (TILE, TILE * len(cut)))
    for i, tile in enumerate(cut):
        stack.paste(tile, (0, TILE * i))
    return stack


# Reading a picture: EXIF upright, transparency over white (Meta's preprocess.py), 8-bit RGB.

def upright_rgb(data):
    picture = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    if picture.mode in ("LA", "PA", "RGBA") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        white = Image.new("RGB", picture.size, (255, 255, 255))
        white.paste(picture, mask=picture.split()[3])
        return white
    if picture.mode.startswith("I;16"):  # Pillow would clip 16-bit grey to 255; the sample's high byte is meant
        picture = Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
    return picture.convert("RGB")


# Synthetic pictures: flat shapes with hard edges and fine lines, which test the filter and compress well.

def shapes(width, height, seed):
    rng = np.random.default_rng(seed)
    picture = Image.new("RGB", (width, height), tuple(int(v) for v in rng.integers(0, 256, 3)))
    draw = ImageDraw.Draw(picture)
    for _ in range(12):
        x, y = rng.integers(0, width), rng.integers(0, height)
        w, h = rng.integers(1, max(2, width // 3)), rng.integers(1, max(2, height // 3))
        colour = tuple(int(v) for v in rng.integers(0, 256, 3))
        kind = rng.integers(0, 3)
        box = [int(x), int(y), int(x + w), int(y + h)]
        if kind == 0:
            draw.rectangle(box, fill=colour)
        elif kind == 1:
            draw.ellipse(box, fill=colour)
        else:
            for i in range(0, int(w), 7):
                draw.line([box[0] + i, box[1], box[2], box[3] - i], fill=colour)
    return picture


def noise(width, height, seed, channels=3):
    a = np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)
    return a[..., 0] if channels == 1 else a


def waves(width, height, channels=3, phase=0.0):
    y, x = np.mgrid[0:height, 0:width]
    planes = [127.5 + 127.4 * np.sin(x * (0.021 + 0.013 * c) + y * (0.017 - 0.009 * c) + c + phase) for c in range(channels)]
    return np.stack(planes, -1).astype(np.uint8)


def alpha_ramp(width, height):
    y, x = np.mgrid[0:height, 0:width]
    return (255 * (x + y) / (width + height - 2)).astype(np.uint8)


def encode(picture, format, **options):
    out = io.BytesIO()
    picture.save(out, format, **options)
    return out.getvalue()


def png(picture, **options):
    return encode(picture, "PNG", optimize=True, **options)


def png16(samples):
    """A 16-bit PNG, which Pillow does not write in colour: samples uint16 [height, width, 1, 2, 3 or 4]."""
    height, width, channels = samples.shape
    colour_type = {1: 0, 2: 4, 3: 2, 4: 6}[channels]

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    header = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def deep(width, height, channels):
    wide = waves(width, height, channels).astype(np.uint16) * 257
    return wide ^ np.uint16(0x5A)  # a low byte that is not the high one


def exif(orientation):
    e = Image.Exif()
    e[0x0112] = orientation
    return e


def with_alpha(rgb, alpha):
    return Image.fromarray(np.dstack([np.asarray(rgb), alpha]), "RGBA")


def photo():
    """4032×3024 upright, lying on its side in the file: smooth light, a horizon, a sun at the top left."""
    y, x = np.mgrid[0:3024, 0:4032] / 3024.0
    sky = np.stack([90 + 120 * y, 130 + 80 * y, 235 - 60 * y], -1)
    land = np.stack([60 + 50 * np.sin(3 * x), 110 + 40 * np.sin(2 * x + 4 * y), 50 + 20 * y], -1)
    picture = np.where((y > 0.6 + 0.05 * np.sin(4 * x))[..., None], land, sky)
    picture[(x - 0.3) ** 2 + (y - 0.25) ** 2 < 0.01] = (255, 240, 180)
    file = Image.fromarray(picture.clip(0, 255).astype(np.uint8)).transpose(Image.ROTATE_90)
    return encode(file, "JPEG", quality=60, subsampling=2, optimize=True, exif=exif(6))


def lossless():
    """Pictures whose tiles must be equal to the reference's: name, file."""
    yield "1x1", png(Image.new("RGB", (1, 1), (200, 30, 90)))
    yield "noise-97x61", png(Image.fromarray(noise(97, 61, 1)))
    yield "300x200", png(shapes(300, 200, 2))
    yield "337x336", png(shapes(337, 336, 3))
    yield "alpha-400x300", png(with_alpha(shapes(400, 300, 4), alpha_ramp(400, 300)))
    yield "grey-512x512", png(shapes(512, 512, 5).convert("L"))
    yield "palette-640x480", png(shapes(640, 480, 6).convert("P", palette=Image.ADAPTIVE, colors=16))
    yield "palette-alpha-300x200", png(shapes(300, 200, 7).quantize(8), transparency=bytes([0, 90, 180, 255]))
    yield "grey-alpha-90x120", png(Image.fromarray(np.dstack([noise(90, 120, 8, 1), alpha_ramp(90, 120)]), "LA"))
    yield "rgb16-200x150", png16(deep(200, 150, 3))
    yield "rgba16-120x90", png16(deep(120, 90, 4))
    yield "grey16-150x200", png16(deep(150, 200, 1))
    yield "1008x336", png(shapes(1008, 336, 9))
    yield "336x1008", png(shapes(336, 1008, 10))
    yield "1920x1080", png(shapes(1920, 1080, 11))
    yield "2000x3000", png(shapes(2000, 3000, 12))
    yield "2623x2623", png(shapes(2623, 2623, 13))
    yield "2676x892", png(shapes(2676, 892, 14))
    yield "10000x100", png(shapes(10000, 100, 15))
    for o in range(1, 9):
        yield f"exif-{o}", png(shapes(50, 37, 16), exif=exif(o))
    yield "exif-6-large", png(shapes(900, 700, 17), exif=exif(6))
    yield "webp-lossless", encode(shapes(350, 300, 18), "WEBP", lossless=True, exif=exif(3))
    yield "webp-lossless-alpha", encode(with_alpha(shapes(90, 70, 19), alpha_ramp(90, 70)), "WEBP", lossless=True, exact=True)
    yield "gif", encode(shapes(320, 240, 20).quantize(16), "GIF")
    yield "bmp", encode(shapes(120, 100, 21), "BMP")
    yield "tiff", encode(shapes(120, 100, 22), "TIFF", compression="tiff_lzw", tiffinfo={0x0112: 8})


def lossy():
    """Pictures whose decoders differ in the last bits: name, file."""
    smooth = Image.fromarray(waves(203, 149))
    for name, subsampling in ("444", 0), ("422", 1), ("420", 2):
        yield f"jpeg-{name}", encode(smooth, "JPEG", quality=92, subsampling=subsampling)
    yield "jpeg-420-hard-edges", encode(shapes(203, 149, 23), "JPEG", quality=92, subsampling=2)
    yield "jpeg-progressive", encode(smooth, "JPEG", quality=92, progressive=True)
    yield "jpeg-grey", encode(smooth.convert("L"), "JPEG", quality=92)
    yield "jpeg-cmyk", encode(Image.fromarray(waves(120, 90, 4), "CMYK"), "JPEG", quality=95)
    yield "jpeg-420-narrow", encode(shapes(4, 40, 24), "JPEG", quality=92, subsampling=2)
    for o in 6, 8:
        yield f"jpeg-exif-{o}", encode(smooth, "JPEG", quality=92, exif=exif(o))
    yield "webp-lossy", encode(smooth, "WEBP", quality=90)
    yield "webp-lossy-alpha", encode(with_alpha(smooth, alpha_ramp(203, 149)), "WEBP", quality=90)


SUFFIX = {b"\x89PN": ".png", b"RIF": ".webp", b"GIF": ".gif", b"II*": ".tiff", b"\xff\xd8\xff": ".jpg"}


def suffix(data):
    return SUFFIX.get(data[:3], ".bmp")


def against_processor(upright, stack):
    """Largest and mean difference of the processor's tiles, before its bfloat16 rounding, to Pillow's."""
    out = PROCESSOR.preprocess(upright, return_tensors="pt", do_normalize=False, do_rescale=False)
    got = out["pixel_values"].float().numpy().transpose(0, 2, 3, 1).reshape(-1, TILE, 3)
    assert tuple(out["aspect_ratios"][0].tolist()) == layout(*upright.size)[0]
    assert got.shape[0] == stack.height, (got.shape, stack.size)
    diff = np.abs(got - np.asarray(stack, np.float32))
    return int(diff.max()), float((diff == 0).mean())


def write_pictures():
    print("| picture | upright | grid r×c | resized | tokens | torchvision: worst, equal |")
    print("|---|---|---|---|---|---|")
    for name, data in lossless():
        (HERE / (name + suffix(data))).write_bytes(data)
        upright = upright_rgb(data)
        stack = tiles(upright)
        stack.save(HERE / f"{name}.tiles.png", optimize=True)
        (rows, cols), (w, h) = layout(*upright.size)
        worst, equal = against_processor(upright, stack)
        print(f"| {name} | {upright.width}×{upright.height} | {rows}×{cols} | {w}×{h} | {tokens((rows, cols))} | {worst}, {equal:.4%} |")
    for name, data in lossy():
        (HERE / (name + suffix(data))).write_bytes(data)
        upright_rgb(data).save(HERE / f"{name}.decoded.png", optimize=True)
    (HERE / "photo.jpg").write_bytes(photo())


SPEC_SIZES = [
    (100, 100), (336, 336), (300, 200), (337, 336), (400, 300), (512, 512), (640, 480), (800, 600), (1008, 336), (336, 1008),
    (1024, 768), (1280, 720), (1280, 1280), (1920, 1080), (2000, 3000), (4032, 3024), (3000, 500), (10000, 100),
    (1, 1), (2623, 2623), (2760, 4800), (2676, 892), (65535, 1), (1, 65535), (1, 1000), (335, 337),
]


def random_sizes(n):
    """Sides spread evenly over the orders of magnitude from 1 to 12,000 pixels."""
    sides = np.exp(np.random.default_rng(24).uniform(0, np.log(12000), (n, 2)))
    return [tuple(int(v) for v in np.ceil(pair)) for pair in sides]


def write_layouts():
    """One line a size: width height rows cols resized-width resized-height tokens."""
    for name, sizes in ("spec", SPEC_SIZES), ("random", random_sizes(10_000)):
        lines = []
        for w, h in sizes:
            grid, resized = layout(w, h)
            lines.append(" ".join(map(str, (w, h, *grid, *resized, tokens(grid)))))
        (HERE / f"layouts-{name}.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    torch.set_num_threads(1)
    write_pictures()
    write_layouts()
