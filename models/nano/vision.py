"""Nano's vision half for training: tower, pixel shuffle, adapter and projector, one 336 x 336 tile at a time.

Parameter names are those of transformers' Llama4ForConditionalGeneration, so a checkpoint loads there unchanged.
"""

import torch
import torch.nn.functional as F
from torch import nn

from recipe import Text, Vision


def rope_2d(v):
    """Rotations of the patches and the class token, complex [577, head_dim / 2]: columns first, then rows, from 1."""
    side, quarter = v.image_size // v.patch_size, v.hidden_size // v.num_heads // 4
    freqs = v.rope_theta ** -(torch.arange(quarter, dtype=torch.float32) * 2 / (2 * quarter))
    place = torch.arange(side * side)
    angles = torch.cat([(place % side + 1)[:, None] * freqs, (place // side + 1)[:, None] * freqs], 1)
    angles = torch.cat([angles, torch.zeros(1, 2 * quarter)])  # the class token is not rotated
    return torch.polar(torch.ones_like(angles), angles)


def rotate(x, turns):
    """x [..., tokens, head_dim] in adjacent pairs; turns complex [tokens, head_dim / 2]."""
    pairs = torch.view_as_complex(x.float().unflatten(-1, (-1, 2)))
    return torch.view_as_real(pairs * turns).flatten(-2).to(x.dtype)


def attend(q, k, v, mask=None):
    """Attention as plain products in the type of q: their bfloat16 backward pass is several times faster here than
    the fused one's. q, k, v [batch, heads, tokens, head_dim]; mask [queries, keys] is added to the scores."""
    shape, kind = q.shape, v.dtype
    q, k, v = ((q * q.shape[-1] ** -0.5).to(kind).flatten(0, 1), k.to(kind).flatten(0, 1), v.flatten(0, 1))
    with torch.autocast("cpu", enabled=False):
        scores = torch.bmm(q, k.mT) if mask is None else torch.baddbmm(mask.to(kind), q, k.mT)
        return torch.bmm(scores.softmax(-1), v).view(shape)


class Attention(nn.Module):
    def __init__(self, v):
        super().__init__()
        self.num_heads = v.num_heads
        self.q_proj, self.k_proj, self.v_proj, self.o_proj = (nn.Linear(v.hidden_size, v.hidden_size) for _ in range(4))

    def forward(self, x, turns):
        q, k, v = (p(x).unflatten(-1, (self.num_heads, -1)).transpose(1, 2) for p in (self.q_proj, self.k_proj, self.v_proj))
        seen = attend(rotate(q, turns), rotate(k, turns), v)
        return self.o_proj(seen.transpose(1, 2).flatten(2))


class MLP(nn.Module):
    def __init__(self, v):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(v.hidden_size, 4 * v.hidden_size), nn.Linear(4 * v.hidden_size, v.hidden_size)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class Block(nn.Module):
    def __init__(self, v):
        super().__init__()
        self.input_layernorm, self.post_attention_layernorm = (nn.LayerNorm(v.hidden_size, v.eps) for _ in range(2))
        self.self_attn, self.mlp = Attention(v), MLP(v)

    def forward(self, x, turns):
        x = x + self.self_attn(self.input_layernorm(x), turns)
        return x + self.mlp(self.post_attention_layernorm(x))


class Adapter(nn.Module):
    def __init__(self, v):
        super().__init__()
        self.shuffle, wide = v.shuffle, v.hidden_size * v.shuffle**2
        self.mlp = nn.Module()
        self.mlp.fc1 = nn.Linear(wide, v.output_size, bias=False)
        self.mlp.fc2 = nn.Linear(v.output_size, v.output_size, bias=False)

    def forward(self, x):
        """[tiles, 576, hidden] -> [tiles, 144, output]; channel blocks in the order (dy, dx)."""
        side, s = int(x.shape[1] ** 0.5), self.shuffle
        x = x.unflatten(1, (side // s, s, side // s, s)).permute(0, 1, 3, 2, 4, 5).flatten(3).flatten(1, 2)
        return F.gelu(self.mlp.fc2(F.gelu(self.mlp.fc1(x))))


class Tower(nn.Module):
    def __init__(self, v):
        super().__init__()
        self.config, scale = v, v.hidden_size**-0.5
        patches = (v.image_size // v.patch_size) ** 2
        self.patch_embedding = nn.Module()
        self.patch_embedding.linear = nn.Linear(3 * v.patch_size**2, v.hidden_size, bias=False)
        self.class_embedding = nn.Parameter(scale * torch.randn(v.hidden_size))
        self.positional_embedding_vlm = nn.Parameter(scale * torch.randn(patches + 1, v.hidden_size))
        self.layernorm_pre, self.layernorm_post = nn.LayerNorm(v.hidden_size, v.eps), nn.LayerNorm(v.hidden_size, v.eps)
        self.model = nn.Module()
        self.model.layers = nn.ModuleList(Block(v) for _ in range(v.num_layers))
        self.vision_adapter = Adapter(v)
        self.register_buffer("turns", rope_2d(v), persistent=False)
        start_local(self)

    def forward(self, patches):
        """patches [tiles, 576, 588], channel-major within a patch, in [-1, 1]."""
        x = self.patch_embedding.linear(patches)
        x = torch.cat([x, self.class_embedding.to(x.dtype).expand(len(x), 1, -1)], 1)
        x = self.layernorm_pre(x + self.positional_embedding_vlm)
        for block in self.model.layers:
            x = block(x, self.turns)
        return self.vision_adapter(self.layernorm_post(x)[:, :-1])


def start_local(tower):
    """A start that looks near first, which learns shapes far sooner than a random one: patches are seen through
    low-frequency cosine patterns, and each head through its biases attends around a point one, two or four
    patches away from its own place."""
    v = tower.config
    tower.patch_embedding.linear.weight.data = cosine_patterns(v)
    offsets = torch.arange(v.num_heads) / v.num_heads
    for depth, block in enumerate(tower.model.layers):
        angle = 2 * torch.pi * (offsets + depth / (v.num_layers * v.num_heads))
        aim(block.self_attn, torch.cos(angle) * 2**depth, torch.sin(angle) * 2**depth, v)


def cosine_patterns(v):
    """[hidden, 588]: products of cosines along x and y for each colour channel, lowest frequencies first.

    Drawings have little energy in high frequencies; the patterns grow with frequency so that all speak equally loud.
    """
    p, ramp = v.patch_size, torch.arange(v.patch_size) + 0.5
    waves = torch.stack([torch.cos(torch.pi * k * ramp / p) for k in range(p)])
    order = sorted(((a, b) for a in range(p) for b in range(p)), key=lambda ab: ab[0] ** 2 + ab[1] ** 2)
    rows = []
    for i in range(v.hidden_size):
        (a, b), channel = order[i // 3], torch.zeros(3, 1, 1)
        channel[i % 3] = 1
        pattern = (channel * waves[a][:, None] * waves[b]).flatten()
        loudness = min(40.0, 5.5 * (a * a + b * b) ** 0.8) if a + b else 1.0
        rows.append(pattern * loudness / pattern.norm() / p)
    return torch.stack(rows)


def aim(attention, dx, dy, v, strength=2.0):
    """Sets query and key biases so that head h starts by attending to patches displaced by (dx[h], dy[h])."""
    quarter = v.hidden_size // v.num_heads // 4
    freqs = v.rope_theta ** -(torch.arange(quarter) * 2 / (2 * quarter))
    angles = -torch.cat([dx[:, None] * freqs, dy[:, None] * freqs], 1)
    attention.q_proj.bias.data = torch.tensor([strength, 0.0]).repeat(v.hidden_size // 2)
    attention.k_proj.bias.data = strength * torch.stack([torch.cos(angles), torch.sin(angles)], -1).flatten()


class Eye(nn.Module):
    """Tower and projector: uint8 tiles [n, 336, 336, 3] -> vectors for the text half [n, 144, text hidden]."""

    def __init__(self, v=Vision(), text=Text()):
        super().__init__()
        self.config = v
        self.vision_model = Tower(v)
        self.multi_modal_projector = nn.Module()
        self.multi_modal_projector.linear_1 = nn.Linear(v.output_size, text.hidden_size, bias=False)

    def forward(self, tiles):
        return self.multi_modal_projector.linear_1(self.vision_model(unfold(tiles, self.config)))


def unfold(tiles, v):
    side, p = v.image_size // v.patch_size, v.patch_size
    patches = tiles.unflatten(1, (side, p)).unflatten(3, (side, p)).permute(0, 1, 3, 5, 2, 4)
    return patches.reshape(len(tiles), side * side, 3 * p * p).float() / 127.5 - 1
