"""Lists a GGUF file's header with the gguf package (0.19.0), an independent reader, for golden_test.go.

    python3 listing.py SmolLM2-135M-Instruct.Q4_1.gguf > smollm2-135m-instruct-q4_1.txt
"""
import sys
from gguf import GGUFReader, GGUFValueType
r = GGUFReader(sys.argv[1])
print(f"version {r.fields['GGUF.version'].contents()}")
for k, f in r.fields.items():
    if k.startswith("GGUF."): continue
    t = f.types
    if t[0] == GGUFValueType.ARRAY:
        v = f.contents()
        if t[1] == GGUFValueType.STRING:
            b = [x.encode() for x in v]
            print(f"meta {k} strings {len(b)} bytes {sum(map(len,b))} first {b[0].hex()} last {b[-1].hex()}")
        else:
            print(f"meta {k} numbers {len(v)} sum {sum(v):g}")
    elif t[0] == GGUFValueType.STRING:
        print(f"meta {k} text {len(f.contents().encode())} bytes")
    elif t[0] == GGUFValueType.BOOL: print(f"meta {k} bool {int(f.contents())}")
    else: print(f"meta {k} number {f.contents():g}")
for t in r.tensors:
    print("tensor", t.name, t.tensor_type.name, "x".join(map(str, t.shape)), int(t.data_offset), int(t.n_bytes))
