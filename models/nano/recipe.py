"""The numbers of Nano: sizes of the model, names of its special tokens, places of files.

Everything that two steps of the recipe must agree on stands here; nothing here computes.
"""

from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
RUNS = HERE / "runs"  # checkpoints, logs and caches; never committed
TOKENIZER = HERE / "tokenizer.json"
SEED = 4


@dataclass(frozen=True)
class Text:
    vocab_size: int = 2048
    hidden_size: int = 192
    num_layers: int = 8
    num_heads: int = 4
    num_kv_heads: int = 2
    head_dim: int = 64  # QK norm bounds scores by its root; heads of 32 learnt copying more slowly than of 64
    expert_size: int = 128  # width of each routed expert and of the shared expert
    num_experts: int = 16
    nope_interval: int = 4  # layers 3 and 7 see no positions
    rope_theta: float = 500000.0
    eps: float = 1e-5
    chunk: int = 8192
    floor_scale: int = 8192
    attn_scale: float = 0.1
    context: int = 2048


@dataclass(frozen=True)
class Vision:
    hidden_size: int = 96
    num_layers: int = 4
    num_heads: int = 2
    image_size: int = 336
    patch_size: int = 14
    shuffle: int = 2
    output_size: int = 192  # adapter and projector input
    rope_theta: float = 10000.0
    eps: float = 1e-5
    tokens: int = 144  # per tile, after the pixel shuffle


# Llama 4's names, in the order of its ids; Nano keeps those that a one-tile chat needs and some for their readers.
SPECIALS = [
    "<|begin_of_text|>", "<|end_of_text|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>",
    "<|header_start|>", "<|header_end|>", "<|eom|>", "<|eot|>", "<|step|>",
    "<|python_start|>", "<|python_end|>", "<|finetune_right_pad|>", "<|image_start|>", "<|image_end|>",
    "<|tile_x_separator|>", "<|tile_y_separator|>", "<|image|>", "<|patch|>",
]  # fmt: skip
BASE_VOCAB = Text.vocab_size - len(SPECIALS)
ID = {name: BASE_VOCAB + i for i, name in enumerate(SPECIALS)}
BOS, EOT, PATCH, PAD = ID["<|begin_of_text|>"], ID["<|eot|>"], ID["<|patch|>"], ID["<|finetune_right_pad|>"]
