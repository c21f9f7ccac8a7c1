"""Writes nano.gguf and nano-mmproj.gguf from a joint checkpoint, and reads them back as PyTorch modules.

    python export.py [CHECKPOINT]

The text half is Q8_0 (norms and routers F32), the vision half F16 (vectors F32). All names and keys are those
of published Llama 4 files; one more key, clip.vision.max_tiles, says that Nano has only seen pictures as one tile.
"""

import json
import sys

import gguf
import numpy as np
import torch

from recipe import BASE_VOCAB, HERE, ID, RUNS, SPECIALS, TOKENIZER, Text, Vision
from train_joint import Nano

TEXT_FILE, VISION_FILE = HERE / "nano.gguf", HERE / "nano-mmproj.gguf"
Q8_0, F16, F32 = (gguf.GGMLQuantizationType[name] for name in ("Q8_0", "F16", "F32"))
TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}<|header_start|>{{ message['role'] }}<|header_end|>\n\n"
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<|image|>{% else %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}<|eot|>"
    "{% endfor %}{% if add_generation_prompt %}<|header_start|>assistant<|header_end|>\n\n{% endif %}"
)


def text_names(t=Text()):
    """(GGUF name, checkpoint name, kind, part): part picks a half of the fused experts, which are input-major."""
    yield from [("token_embd.weight", "model.embed_tokens.weight", Q8_0, None), ("output.weight", "lm_head.weight", Q8_0, None), ("output_norm.weight", "model.norm.weight", F32, None)]
    for i in range(t.num_layers):
        blk, layer = f"blk.{i}.", f"model.layers.{i}."
        for ours, theirs in {"attn_q": "q_proj", "attn_k": "k_proj", "attn_v": "v_proj", "attn_output": "o_proj"}.items():
            yield f"{blk}{ours}.weight", f"{layer}self_attn.{theirs}.weight", Q8_0, None
        yield f"{blk}attn_norm.weight", f"{layer}input_layernorm.weight", F32, None
        yield f"{blk}ffn_norm.weight", f"{layer}post_attention_layernorm.weight", F32, None
        yield f"{blk}ffn_gate_inp.weight", f"{layer}feed_forward.router.weight", F32, None
        for part in ("gate", "up", "down"):
            yield f"{blk}ffn_{part}_shexp.weight", f"{layer}feed_forward.shared_expert.{part}_proj.weight", Q8_0, None
            fused = "down_proj" if part == "down" else "gate_up_proj"
            yield f"{blk}ffn_{part}_exps.weight", f"{layer}feed_forward.experts.{fused}", Q8_0, part


def vision_names(v=Vision()):
    yield from [
        ("v.patch_embd.weight", "vision_model.patch_embedding.linear.weight"), ("v.class_embd", "vision_model.class_embedding"),
        ("v.position_embd.weight", "vision_model.positional_embedding_vlm"), ("mm.model.mlp.1.weight", "vision_model.vision_adapter.mlp.fc1.weight"),
        ("mm.model.mlp.2.weight", "vision_model.vision_adapter.mlp.fc2.weight"), ("mm.model.fc.weight", "multi_modal_projector.linear_1.weight"),
    ]  # fmt: skip
    both = ("weight", "bias")
    for part in both:
        yield f"v.pre_ln.{part}", f"vision_model.layernorm_pre.{part}"
        yield f"v.post_ln.{part}", f"vision_model.layernorm_post.{part}"
    parts = {"ln1": "input_layernorm", "ln2": "post_attention_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
             "attn_v": "self_attn.v_proj", "attn_out": "self_attn.o_proj", "ffn_up": "mlp.fc1", "ffn_down": "mlp.fc2"}  # fmt: skip
    for i in range(v.num_layers):
        for ours, theirs in parts.items():
            for part in both:
                yield f"v.blk.{i}.{ours}.{part}", f"vision_model.model.layers.{i}.{theirs}.{part}"


def part_of(tensor, part):
    """Output-major experts [experts, out, in] from the fused input-major ones."""
    if part is None:
        return tensor
    half = tensor.shape[2] // 2
    tensor = {"gate": tensor[..., :half], "up": tensor[..., half:], "down": tensor}[part]
    return tensor.transpose(1, 2)


def write_text(state, path=TEXT_FILE):
    w = gguf.GGUFWriter(path, "llama4")
    _text_keys(w, Text())
    _vocabulary(w)
    for name, source, kind, part in text_names():
        _add(w, name, part_of(state[source], part), kind)
    _finish(w)


def _text_keys(w, t):
    _about(w, "Outrider Nano", "The demo model of Outrider: a very small Llama 4 that chats a little and names drawn shapes.")
    for key, value in {
        "block_count": t.num_layers, "context_length": t.context, "embedding_length": t.hidden_size, "feed_forward_length": 2 * t.expert_size,
        "expert_feed_forward_length": t.expert_size, "attention.head_count": t.num_heads, "attention.head_count_kv": t.num_kv_heads,
        "attention.key_length": t.head_dim, "attention.value_length": t.head_dim, "expert_count": t.num_experts, "expert_used_count": 1,
        "interleave_moe_layer_step": 1, "rope.dimension_count": t.head_dim, "vocab_size": t.vocab_size,
    }.items():  # fmt: skip
        w.add_uint32(f"llama4.{key}", value)
    w.add_float32("llama4.attention.layer_norm_rms_epsilon", t.eps)
    w.add_float32("llama4.rope.freq_base", t.rope_theta)


def _about(w, name, description):
    w.add_name(name)
    w.add_description(description)
    w.add_license("Apache-2.0")
    w.add_string("general.organization", "Outrider")
    w.add_quantization_version(2)


def _vocabulary(w):
    model = json.loads(TOKENIZER.read_text())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].get)
    assert len(tokens) == BASE_VOCAB
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("llama4")
    w.add_token_list(tokens + SPECIALS)
    w.add_token_types([gguf.TokenType.NORMAL] * len(tokens) + [gguf.TokenType.CONTROL] * len(SPECIALS))
    w.add_token_merges([m if isinstance(m, str) else " ".join(m) for m in model["merges"]])
    w.add_bos_token_id(ID["<|begin_of_text|>"])
    w.add_eos_token_id(ID["<|eot|>"])
    w.add_pad_token_id(ID["<|finetune_right_pad|>"])
    w.add_add_bos_token(True)
    w.add_chat_template(TEMPLATE)


def write_vision(state, path=VISION_FILE):
    w, v = gguf.GGUFWriter(path, "clip"), Vision()
    _about(w, "Outrider Nano, vision", "The vision half of Outrider Nano.")
    w.add_string("clip.projector_type", "llama4")
    w.add_bool("clip.has_vision_encoder", True)
    w.add_bool("clip.use_gelu", True)
    for key, value in {
        "image_size": v.image_size, "patch_size": v.patch_size, "embedding_length": v.hidden_size, "feed_forward_length": 4 * v.hidden_size,
        "block_count": v.num_layers, "attention.head_count": v.num_heads, "projection_dim": Text().hidden_size,
        "projector.scale_factor": v.shuffle, "max_tiles": 1,
    }.items():  # fmt: skip
        w.add_uint32(f"clip.vision.{key}", value)
    w.add_float32("clip.vision.attention.layer_norm_epsilon", v.eps)
    w.add_array("clip.vision.image_mean", [0.5] * 3)
    w.add_array("clip.vision.image_std", [0.5] * 3)
    for name, source in vision_names():
        _add(w, name, state[source], F16 if state[source].ndim > 1 else F32)
    _finish(w)


def _add(w, name, tensor, kind):
    array = np.ascontiguousarray(tensor.detach().float().numpy())
    w.add_tensor(name, gguf.quants.quantize(array, kind), raw_dtype=kind)


def _finish(w):
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def read():
    """The exported model with its dequantised weights."""
    nano = Nano()
    text, vision = _tensors(TEXT_FILE), _tensors(VISION_FILE)
    nano.eye.load_state_dict({source: vision[name] for name, source in vision_names()})
    state = {}
    for name, source, _, part in text_names():
        tensor = text[name] if part is None else text[name].transpose(1, 2)
        state[source] = torch.cat([state[source], tensor], 2) if part == "up" else tensor
    nano.decoder.load_state_dict({name: tensor.contiguous() for name, tensor in state.items()})
    return nano.eval()


def _tensors(path):
    return {t.name: torch.from_numpy(gguf.quants.dequantize(t.data, t.tensor_type).copy()) for t in gguf.GGUFReader(path).tensors}


if __name__ == "__main__":
    checkpoint = sys.argv[1] if len(sys.argv) > 1 else RUNS / "joint.pt"
    nano = Nano()
    state = torch.load(checkpoint, weights_only=True)["model"]
    nano.load_state_dict({name.removeprefix("nano."): p for name, p in state.items() if name.startswith("nano.")})
    write_text(nano.decoder.state_dict())
    write_vision(nano.eye.state_dict())
    for path in (TEXT_FILE, VISION_FILE):
        print(f"{path.name} {path.stat().st_size / 1e6:.2f} MB")
