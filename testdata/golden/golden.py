"""Writes golden files: what internal/golden reads.

A text header, one line an entry, then a blank line and the arrays' bytes in the order of their lines:

    golden 1
    note KEY VALUE          a fact for people, VALUE to the end of the line
    i32 NAME DIM DIM ...    little-endian int32, dimensions fastest first
    f32 NAME DIM DIM ...    little-endian float32
"""

import numpy as np


class Golden:
    def __init__(self):
        self.header = ["golden 1"]
        self.data = []

    def note(self, key, value):
        self.header.append(f"note {key} {value}")

    def array(self, name, values):
        values = np.asarray(values)
        kind, dtype = ("i32", "<i4") if values.dtype.kind in "iu" else ("f32", "<f4")
        self.header.append(" ".join([kind, name, *map(str, reversed(values.shape))]))
        self.data.append(np.ascontiguousarray(values, dtype).tobytes())

    def write(self, path):
        path.write_bytes("\n".join(self.header).encode() + b"\n\n" + b"".join(self.data))
