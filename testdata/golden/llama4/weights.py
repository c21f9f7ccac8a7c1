"""Writes the tiny GGUF files: random weights in the tensors and layouts of spec/llama4.md §7."""

import hashlib

import gguf
import numpy as np
import vocabulary
from gguf import GGMLQuantizationType as Type

TEXT_SEED = 66

# spec/llama4.md §10.1
TEXT = dict(hidden=64, layers=8, heads=4, kv_heads=2, head_dim=16, expert_width=96, dense_width=160, experts=4, used=1,
            interleave=1, chunk=8, nope_interval=4, floor_scale=4, attn_scale=0.1, theta=10000.0, eps=1e-5, qk_norm=True,
            factor=16.0, low=1.0, high=1.0, original_context=64)

# spec/llama4.md §10.2, and one with the released geometry and head width but a narrow tower
TINY_VISION = dict(seed=1, image=16, patch=4, hidden=32, heads=2, layers=2, mlp=128, adapter=48, text_hidden=64, eps=1e-5,
                   type=Type.F32)
REAL_VISION = dict(seed=2, image=336, patch=14, hidden=88, heads=1, layers=2, mlp=352, adapter=48, text_hidden=64, eps=1e-5,
                   type=Type.F16)


def normal(seed, name, shape, sigma, mean=0.0):
    """Random numbers that depend on the tensor's name and not on the order of tensors, so files share weights."""
    digest = hashlib.sha256(f"{seed} {name}".encode()).digest()
    rng = np.random.default_rng(int.from_bytes(digest[:8], "little"))
    return (mean + sigma * rng.standard_normal(shape)).astype(np.float32)


def divisors(c):
    """What rope_freqs.weight holds (spec §2.4)."""
    frequency = c["theta"] ** (-np.arange(0, c["head_dim"], 2) / c["head_dim"])
    wavelength, original = 2 * np.pi / frequency, c["original_context"]
    out = np.ones_like(frequency)
    for k, length in enumerate(wavelength):
        if length > original / c["low"]:
            out[k] = c["factor"]
        elif length >= original / c["high"]:
            s = (original / length - c["low"]) / (c["high"] - c["low"])
            out[k] = 1 / ((1 - s) / c["factor"] + s)
    return out.astype(np.float32)


def is_moe(c, layer):
    return (layer + 1) % c["interleave"] == 0


def text_tensors(c, seed=TEXT_SEED):
    """(name, values [.., rows, inputs], type) of every tensor; matrices from `inputs` to `rows`."""
    def matrix(name, *shape, sigma=0.2, type=Type.Q8_0):
        return name, normal(seed, name, shape, sigma), type

    def norm(name):
        return name, normal(seed, name, (c["hidden"],), 0.1, 1.0), Type.F32

    d, q, kv = c["hidden"], c["heads"] * c["head_dim"], c["kv_heads"] * c["head_dim"]
    yield matrix("token_embd.weight", vocabulary.SIZE, d, sigma=1.0, type=Type.F16)
    for n in range(c["layers"]):
        b = f"blk.{n}."
        yield norm(b + "attn_norm.weight")
        yield matrix(b + "attn_q.weight", q, d)
        yield matrix(b + "attn_k.weight", kv, d)
        yield matrix(b + "attn_v.weight", kv, d)
        yield matrix(b + "attn_output.weight", d, q)
        yield norm(b + "ffn_norm.weight")
        if is_moe(c, n):
            e, w = c["experts"], c["expert_width"]
            # Narrower than the plan's σ ≈ 1, which would put every score within 1e-3 of 1 and hide where it is applied.
            yield matrix(b + "ffn_gate_inp.weight", e, d, sigma=0.2, type=Type.F32)
            yield matrix(b + "ffn_gate_exps.weight", e, w, d)
            yield matrix(b + "ffn_up_exps.weight", e, w, d)
            yield matrix(b + "ffn_down_exps.weight", e, d, w)
            yield matrix(b + "ffn_gate_shexp.weight", w, d)
            yield matrix(b + "ffn_up_shexp.weight", w, d)
            yield matrix(b + "ffn_down_shexp.weight", d, w)
        else:
            yield matrix(b + "ffn_gate.weight", c["dense_width"], d)
            yield matrix(b + "ffn_up.weight", c["dense_width"], d)
            yield matrix(b + "ffn_down.weight", d, c["dense_width"])
    yield norm("output_norm.weight")
    name, head, type = matrix("output.weight", vocabulary.SIZE, d, sigma=0.3, type=Type.F16)
    head[128:256] *= 0.1  # keep the continuation to text: neither broken UTF-8 ...
    head[vocabulary.FIRST_SPECIAL:] *= 0.1  # ... nor stop tokens
    yield name, head, type
    yield "rope_freqs.weight", divisors(c), Type.F32


def add(writer, tensors):
    for name, values, type in tensors:
        if type == Type.F32:
            writer.add_tensor(name, values)
        elif type == Type.F16:
            writer.add_tensor(name, values.astype(np.float16))
        else:
            writer.add_tensor(name, gguf.quants.quantize(values, type), raw_dtype=type)


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


# Keys that published files lack; docs/formats.md describes them. Absent, the released values hold.
QK_NORM = "llama4.attention.qk_norm"
EXPERTS_USED = "llama4.expert_used_count"


def write_text(path, c, seed=TEXT_SEED):
    w = gguf.GGUFWriter(path, "llama4")
    w.add_string("general.name", "tiny random Llama 4")
    for key, value in {
        "block_count": c["layers"], "context_length": 4096, "embedding_length": c["hidden"],
        "feed_forward_length": c["dense_width"], "expert_feed_forward_length": c["expert_width"],
        "attention.head_count": c["heads"], "attention.head_count_kv": c["kv_heads"],
        "attention.key_length": c["head_dim"], "attention.value_length": c["head_dim"],
        "expert_count": c["experts"], "expert_used_count": c["used"], "interleave_moe_layer_step": c["interleave"],
        "rope.dimension_count": c["head_dim"], "vocab_size": vocabulary.SIZE,
        "attention.chunk_size": c["chunk"], "attention.nope_interval": c["nope_interval"],
        "attention.temperature_floor": c["floor_scale"],
    }.items():
        w.add_uint32("llama4." + key, value)
    w.add_float32("llama4.attention.layer_norm_rms_epsilon", c["eps"])
    w.add_float32("llama4.rope.freq_base", c["theta"])
    w.add_float32("llama4.attention.temperature_scale", c["attn_scale"])
    w.add_bool(QK_NORM, c["qk_norm"])
    add_vocabulary(w)
    add(w, text_tensors(c, seed))
    finish(w)


CHAT_TEMPLATE = ("{{ bos_token }}{% for m in messages %}<|header_start|>{{ m.role }}<|header_end|>\n\n{{ m.content }}<|eot|>"
                 "{% endfor %}{% if add_generation_prompt %}<|header_start|>assistant<|header_end|>\n\n{% endif %}")


def add_vocabulary(w):
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("llama4")
    w.add_token_list(vocabulary.TOKENS)
    w.add_token_types(vocabulary.TYPES)
    w.add_token_merges([" ".join(pair) for pair in vocabulary.merges()])
    w.add_bos_token_id(vocabulary.special("begin_of_text"))
    w.add_eos_token_id(vocabulary.special("eot"))
    w.add_add_bos_token(True)
    w.add_chat_template(CHAT_TEMPLATE)


def vision_tensors(c):
    def matrix(name, *shape, sigma=None):
        sigma = sigma or shape[-1] ** -0.5
        return name, normal(c["seed"], f"{c['image']} {name}", shape, sigma), c["type"]

    def vector(name, width, mean=0.0):
        return name, normal(c["seed"], f"{c['image']} {name}", (width,), 0.1, mean), Type.F32

    def layer_norm(name):
        yield vector(name + ".weight", c["hidden"], 1.0)
        yield vector(name + ".bias", c["hidden"])

    def linear(name, rows, inputs):
        yield matrix(name + ".weight", rows, inputs)
        yield vector(name + ".bias", rows)

    d, patches = c["hidden"], (c["image"] // c["patch"]) ** 2
    yield matrix("v.patch_embd.weight", d, 3 * c["patch"] ** 2)
    yield vector("v.class_embd", d)
    yield matrix("v.position_embd.weight", patches + 1, d, sigma=0.3)
    yield from layer_norm("v.pre_ln")
    for n in range(c["layers"]):
        b = f"v.blk.{n}."
        yield from layer_norm(b + "ln1")
        for part in "attn_q", "attn_k", "attn_v", "attn_out":
            yield from linear(b + part, d, d)
        yield from layer_norm(b + "ln2")
        yield from linear(b + "ffn_up", c["mlp"], d)
        yield from linear(b + "ffn_down", d, c["mlp"])
    yield from layer_norm("v.post_ln")
    yield matrix("mm.model.mlp.1.weight", c["adapter"], 4 * d)
    yield matrix("mm.model.mlp.2.weight", c["adapter"], c["adapter"])
    yield matrix("mm.model.fc.weight", c["text_hidden"], c["adapter"])


def write_vision(path, c):
    w = gguf.GGUFWriter(path, "clip")
    w.add_string("general.name", "tiny random Llama 4 vision tower")
    w.add_string("clip.projector_type", "llama4")
    w.add_bool("clip.has_vision_encoder", True)
    w.add_bool("clip.use_gelu", True)
    for key, value in {
        "image_size": c["image"], "patch_size": c["patch"], "embedding_length": c["hidden"], "feed_forward_length": c["mlp"],
        "block_count": c["layers"], "attention.head_count": c["heads"], "projection_dim": c["text_hidden"],
        "projector.scale_factor": 2,
    }.items():
        w.add_uint32("clip.vision." + key, value)
    w.add_float32("clip.vision.attention.layer_norm_epsilon", c["eps"])
    w.add_array("clip.vision.image_mean", [0.5] * 3)
    w.add_array("clip.vision.image_std", [0.5] * 3)
    add(w, vision_tensors(c))
    finish(w)


def read(path):
    """Every tensor of a GGUF file, dequantised, by name."""
    return {t.name: gguf.dequantize(t.data, t.tensor_type).astype(np.float32) for t in gguf.GGUFReader(path).tensors}
