"""Nano's text half for training: the Llama 4 decoder with tokens sorted by expert.

Parameter names are those of transformers' Llama4ForCausalLM, so a checkpoint loads there unchanged. Training
never leaves the first attention chunk (8192 positions), where chunked attention and temperature tuning are
the plain causal form; `Decoder` refuses longer input instead of computing something else.
"""

import functools

import torch
import torch.nn.functional as F
from torch import nn

from recipe import Text
from vision import attend, rotate


class RMSNorm(nn.Module):
    def __init__(self, size, eps):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(size)), eps

    def forward(self, x):
        return F.rms_norm(x.float(), x.shape[-1:], self.weight, self.eps)


@functools.cache
def _causal(queries, keys, kind):
    return torch.full((queries, keys), -1e9, dtype=kind).triu(1 + keys - queries)


class Attention(nn.Module):
    def __init__(self, t, layer):
        super().__init__()
        self.t, self.nope = t, (layer + 1) % t.nope_interval == 0
        wide, narrow = t.num_heads * t.head_dim, t.num_kv_heads * t.head_dim
        self.q_proj = nn.Linear(t.hidden_size, wide, bias=False)
        self.k_proj = nn.Linear(t.hidden_size, narrow, bias=False)
        self.v_proj = nn.Linear(t.hidden_size, narrow, bias=False)
        self.o_proj = nn.Linear(wide, t.hidden_size, bias=False)

    def forward(self, x, turns, cache=None):
        q, k, v = (p(x).unflatten(-1, (-1, self.t.head_dim)).transpose(1, 2) for p in (self.q_proj, self.k_proj, self.v_proj))
        if not self.nope:
            q, k = (F.rms_norm(rotate(h, turns), h.shape[-1:], eps=self.t.eps) for h in (q, k))
        if cache is not None:
            k, v = cache.extend(self, k, v)
        group = self.t.num_heads // self.t.num_kv_heads
        k, v = k.repeat_interleave(group, 1), v.repeat_interleave(group, 1)
        seen = attend(q, k, v, _causal(q.shape[2], k.shape[2], q.dtype))
        return self.o_proj(seen.transpose(1, 2).flatten(2))


class SharedExpert(nn.Module):
    def __init__(self, t):
        super().__init__()
        self.gate_proj = nn.Linear(t.hidden_size, t.expert_size, bias=False)
        self.up_proj = nn.Linear(t.hidden_size, t.expert_size, bias=False)
        self.down_proj = nn.Linear(t.expert_size, t.hidden_size, bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class GroupedMatMul(torch.autograd.Function):
    """y[rows of expert e] = x[rows of expert e] @ weight[e]; rows are sorted by expert, `ends` are their bounds."""

    @staticmethod
    def forward(ctx, x, weight, ends):
        ctx.save_for_backward(x, weight)
        ctx.ends = ends
        y = x.new_empty(len(x), weight.shape[2])
        for e, rows in enumerate(_slices(ends)):
            torch.mm(x[rows], weight[e], out=y[rows])
        return y

    @staticmethod
    def backward(ctx, dy):
        x, weight = ctx.saved_tensors
        dx, dweight = torch.empty_like(x), torch.empty_like(weight)
        for e, rows in enumerate(_slices(ctx.ends)):
            torch.mm(dy[rows], weight[e].T, out=dx[rows])
            torch.mm(x[rows].T, dy[rows], out=dweight[e])
        return dx, dweight, None


def _slices(ends):
    return [slice(a, b) for a, b in zip([0, *ends], ends)]


class Experts(nn.Module):
    """The routed experts, input-major: gate and up side by side in one matrix."""

    def __init__(self, t):
        super().__init__()
        self.gate_up_proj = nn.Parameter(torch.randn(t.num_experts, t.hidden_size, 2 * t.expert_size) * t.hidden_size**-0.5)
        self.down_proj = nn.Parameter(torch.randn(t.num_experts, t.expert_size, t.hidden_size) * t.expert_size**-0.5)

    def forward(self, x, chosen):
        rows, ends = _sorted_rows(chosen, len(self.down_proj))
        kind = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else x.dtype
        grouped = torch.zeros(ends[-1], x.shape[1], dtype=kind).index_copy(0, rows, x.to(kind))
        gate, up = GroupedMatMul.apply(grouped, self.gate_up_proj.to(kind), ends).chunk(2, -1)
        return GroupedMatMul.apply((F.silu(gate) * up).contiguous(), self.down_proj.to(kind), ends)[rows]


ROUND = 32  # rows of an expert are filled up to a multiple: a product of a new size costs ten times its second run


def _sorted_rows(chosen, experts):
    """The row of each token when all are sorted by expert and every expert's rows filled up; where its rows end."""
    counts = chosen.bincount(minlength=experts)
    ends = ((counts + ROUND - 1) // ROUND * ROUND).cumsum(0)
    order = chosen.argsort(stable=True)
    gaps = torch.cat([ends.new_zeros(1), ends[:-1]]) - (counts.cumsum(0) - counts)
    rows = torch.empty_like(order)
    rows[order] = torch.arange(len(order)) + gaps[chosen[order]]
    return rows, ends.tolist()


class MoE(nn.Module):
    def __init__(self, t):
        super().__init__()
        self.experts, self.shared_expert = Experts(t), SharedExpert(t)
        self.router = nn.Linear(t.hidden_size, t.num_experts, bias=False)

    def forward(self, x):
        flat = x.flatten(0, 1)
        with torch.autocast("cpu", enabled=False):
            logits = self.router(flat.float())
        score, chosen = logits.max(-1)
        self.balance, self.chosen = _balance(logits, chosen), chosen
        routed = self.experts(flat * score.sigmoid()[:, None], chosen)
        return self.shared_expert(x) + routed.view_as(x)


def _balance(logits, chosen):
    """Experts' share of tokens times share of probability, summed: 1 when even, up to the expert count when not."""
    share = chosen.bincount(minlength=logits.shape[1]) / len(chosen)
    return logits.shape[1] * (share * logits.softmax(-1).mean(0)).sum()


class Layer(nn.Module):
    def __init__(self, t, index):
        super().__init__()
        self.self_attn, self.feed_forward = Attention(t, index), MoE(t)
        self.input_layernorm, self.post_attention_layernorm = RMSNorm(t.hidden_size, t.eps), RMSNorm(t.hidden_size, t.eps)

    def forward(self, x, turns, cache):
        x = x + self.self_attn(self.input_layernorm(x), turns, cache)
        return x + self.feed_forward(self.post_attention_layernorm(x))


class Decoder(nn.Module):
    def __init__(self, t=Text()):
        super().__init__()
        self.config = t
        self.model = nn.Module()
        self.model.embed_tokens = nn.Embedding(t.vocab_size, t.hidden_size)
        self.model.layers = nn.ModuleList(Layer(t, i) for i in range(t.num_layers))
        self.model.norm = RMSNorm(t.hidden_size, t.eps)
        self.lm_head = nn.Linear(t.hidden_size, t.vocab_size, bias=False)
        freqs = t.rope_theta ** -(torch.arange(0, t.head_dim, 2, dtype=torch.float32) / t.head_dim)
        angles = torch.arange(t.context)[:, None] * freqs
        self.register_buffer("turns", torch.polar(torch.ones_like(angles), angles), persistent=False)
        self._initialise(t)

    def _initialise(self, t):
        nn.init.normal_(self.model.embed_tokens.weight, std=0.5)
        for name, p in self.named_parameters():
            if name.endswith(("o_proj.weight", "down_proj.weight", "down_proj")):
                p.data.mul_((2 * t.num_layers) ** -0.5)

    def embed(self, ids):
        return self.model.embed_tokens(ids)

    def hidden(self, x, cache=None):
        """x [rows, tokens, hidden] embeddings -> normalised states of the same shape."""
        start = cache.length if cache is not None else 0
        assert start + x.shape[1] <= min(self.config.context, self.config.chunk), "longer than the context"
        for layer in self.model.layers:
            x = layer(x, self.turns[start : start + x.shape[1]], cache)
        return self.model.norm(x)

    def forward(self, ids):
        return self.lm_head(self.hidden(self.embed(ids)))

    def balance(self):
        return sum(layer.feed_forward.balance for layer in self.model.layers) / len(self.model.layers)


class Cache:
    """Keys and values of earlier tokens, for decoding; a batch advances in step."""

    def __init__(self):
        self.kv, self.length = {}, 0

    def extend(self, attention, k, v):
        if attention in self.kv:
            k, v = (torch.cat([old, new], 2) for old, new in zip(self.kv[attention], (k, v)))
        self.kv[attention] = (k, v)
        self.length = k.shape[2] if len(self.kv) == attention.t.num_layers else 0
        return k, v
