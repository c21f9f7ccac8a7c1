"""A disk cache of rendered scenes as high-quality JPEG, since drawing costs more than decoding.

    python album.py 60000        renders scenes 0 .. 59999 into runs/album (resumes where it stopped)
"""

import io
import multiprocessing
import sys

import numpy as np
from PIL import Image

from recipe import RUNS
from scenes import random_scene, render

PAGE = 2000
FOLDER = RUNS / "album"


def make(count):
    FOLDER.mkdir(parents=True, exist_ok=True)
    missing = [page for page in range(0, count, PAGE) if not (FOLDER / f"{page}.npz").exists()]
    with multiprocessing.Pool() as pool:
        pool.map(_draw, missing, chunksize=1)


def _draw(page):
    packed = [_pack(render(random_scene(seed))) for seed in range(page, page + PAGE)]
    ends = np.cumsum([len(p) for p in packed])
    path = FOLDER / f"{page}.npz"
    partial = path.with_suffix(".part.npz")
    np.savez(partial, ends=ends, data=np.frombuffer(b"".join(packed), np.uint8))
    partial.rename(path)


def _pack(tile):
    out = io.BytesIO()
    Image.fromarray(tile).save(out, "JPEG", quality=93, subsampling=0)
    return out.getvalue()


class Album:
    """The tiles rendered so far, by seed; pages that appear later are picked up by `refresh`."""

    def __init__(self):
        self.pages = []
        self.refresh()

    def refresh(self):
        while (path := FOLDER / f"{len(self.pages) * PAGE}.npz").exists():
            page = np.load(path)
            self.pages.append((page["ends"], page["data"].tobytes()))

    def __len__(self):
        return len(self.pages) * PAGE

    def __getitem__(self, seed):
        ends, data = self.pages[seed // PAGE]
        i = seed % PAGE
        return np.asarray(Image.open(io.BytesIO(data[ends[i - 1] if i else 0 : ends[i]])))


if __name__ == "__main__":
    make(int(sys.argv[1]))
