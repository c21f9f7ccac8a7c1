"""Llama 4 written from spec/llama4.md in float64 numpy, without a cache: the second opinion on transformers.

Weights are GGUF tensors by name, [.., rows, inputs]; sequences are [tokens, width]."""

import math

import numpy as np
from weights import is_moe


def silu(x):
    return x / (1 + np.exp(-x))


erf = np.vectorize(math.erf)


def gelu(x):
    return x * 0.5 * (1 + erf(x / math.sqrt(2)))


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def rms(x, eps):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + eps)


def rotate(x, angle):
    """Adjacent pairs of x [tokens, heads, d] by angle [tokens, d/2] (§2.3)."""
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    out = np.empty_like(x)
    out[..., 0::2] = x[..., 0::2] * cos - x[..., 1::2] * sin
    out[..., 1::2] = x[..., 0::2] * sin + x[..., 1::2] * cos
    return out


def attend(q, k, v, visible):
    """q [tokens, heads, d], k and v [tokens, kv_heads, d], visible [tokens, tokens]."""
    group = q.shape[1] // k.shape[1]
    out = np.empty_like(q)
    for h in range(q.shape[1]):
        score = q[:, h] @ k[:, h // group].T / math.sqrt(q.shape[-1])
        out[:, h] = softmax(np.where(visible, score, -np.inf)) @ v[:, h // group]
    return out.reshape(len(q), -1)


def half(x):
    return x.astype(np.float16).astype(np.float64)


def text(weights, c, x, store=lambda kv: kv):
    """Runs the decoder over embeddings x: hidden states after each layer, logits, router logits. Keys and values pass
    through store, as through a cache."""
    w = {name: t.astype(np.float64) for name, t in weights.items()}
    p = np.arange(len(x))
    f = c["theta"] ** (-np.arange(0, c["head_dim"], 2) / c["head_dim"]) / w["rope_freqs.weight"]
    hidden, routers = [x], []
    for n in range(c["layers"]):
        b = f"blk.{n}."
        x = x + attention(w, c, b, rms(x, c["eps"]) * w[b + "attn_norm.weight"], p, (n + 1) % c["nope_interval"] != 0, f, store)
        z = rms(x, c["eps"]) * w[b + "ffn_norm.weight"]
        if is_moe(c, n):
            y, router = experts(w, c, b, z)
            routers.append(router)
        else:
            y = (silu(z @ w[b + "ffn_gate.weight"].T) * (z @ w[b + "ffn_up.weight"].T)) @ w[b + "ffn_down.weight"].T
        x = x + y
        hidden.append(x)
    return hidden, rms(x, c["eps"]) * w["output_norm.weight"] @ w["output.weight"].T, routers


def attention(w, c, b, x, p, rope, f, store):
    q, k, v = ((x @ w[b + f"attn_{s}.weight"].T).reshape(len(x), -1, c["head_dim"]) for s in "qkv")
    visible = p[None] <= p[:, None]
    if rope:
        angle = p[:, None] * f
        q, k = rotate(q, angle), rotate(k, angle)
        if c["qk_norm"]:
            q, k = rms(q, c["eps"]), rms(k, c["eps"])
        visible = visible & (p[None] // c["chunk"] == p[:, None] // c["chunk"])
    else:
        tau = 1 + c["attn_scale"] * np.log((p + 1) // c["floor_scale"] + 1)
        q = q * tau[:, None, None]
    return attend(q, store(k), store(v), visible) @ w[b + "attn_output.weight"].T


def experts(w, c, b, x):
    router = x @ w[b + "ffn_gate_inp.weight"].T
    y = swiglu(w, b, "shexp", x)
    for t, logits in enumerate(router):
        for e in np.argsort(-logits, kind="stable")[: c["used"]]:
            y[t] += swiglu(w, b, "exps", x[t] / (1 + np.exp(-logits[e])), e)
    return y, router


def swiglu(w, b, kind, x, e=slice(None)):
    gate, up, down = (w[f"{b}ffn_{part}_{kind}.weight"][e] for part in ("gate", "up", "down"))
    return (silu(x @ gate.T) * (x @ up.T)) @ down.T


def layer_norm(w, name, x, eps):
    mean = x.mean(-1, keepdims=True)
    return (x - mean) / np.sqrt(((x - mean) ** 2).mean(-1, keepdims=True) + eps) * w[name + ".weight"] + w[name + ".bias"]


def linear(w, name, x):
    return x @ w[name + ".weight"].T + w[name + ".bias"]


def vision(weights, c, tile):
    """Runs the tower over one tile [3, side, side]: what goes into the first block, each block's output, the patches
    after the last norm, the adapter's input and output, the projected vectors."""
    w = {name: t.astype(np.float64) for name, t in weights.items()}
    g, s = c["image"] // c["patch"], c["patch"]
    patches = tile.reshape(3, g, s, g, s).transpose(1, 3, 0, 2, 4).reshape(g * g, -1)
    x = np.vstack([patches @ w["v.patch_embd.weight"].T, w["v.class_embd"]]) + w["v.position_embd.weight"]
    x = layer_norm(w, "v.pre_ln", x, c["eps"])
    states, angle = [x], vision_angles(g, c["hidden"] // c["heads"])
    for n in range(c["layers"]):
        b = f"v.blk.{n}."
        z = layer_norm(w, b + "ln1", x, c["eps"])
        q, k, v = (linear(w, b + f"attn_{s}", z).reshape(len(x), c["heads"], -1) for s in "qkv")
        x = x + linear(w, b + "attn_out", attend(rotate(q, angle), rotate(k, angle), v, True))
        z = layer_norm(w, b + "ln2", x, c["eps"])
        x = x + linear(w, b + "ffn_down", gelu(linear(w, b + "ffn_up", z)))
        states.append(x)
    post = layer_norm(w, "v.post_ln", x, c["eps"])[:-1]
    shuffled = post.reshape(g // 2, 2, g // 2, 2, -1).transpose(0, 2, 1, 3, 4).reshape(g * g // 4, -1)
    adapted = gelu(gelu(shuffled @ w["mm.model.mlp.1.weight"].T) @ w["mm.model.mlp.2.weight"].T)
    return states, post, shuffled, adapted, adapted @ w["mm.model.fc.weight"].T


def vision_angles(g, head_dim):
    """[g²+1, head_dim/2]: x in the first half of the pairs, y in the second, from 1; the class token stands still (§3.4)."""
    half = head_dim // 2
    f = 10000.0 ** (-np.arange(0, half, 2) / half)
    y, x = np.divmod(np.arange(g * g), g)
    angle = np.hstack([(x + 1)[:, None] * f, (y + 1)[:, None] * f])
    return np.vstack([angle, np.zeros(head_dim // 2)])
