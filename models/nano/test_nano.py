"""Nano's own PyTorch code against transformers, and the exported files against both.

    python -m pytest test_nano.py        (or: python test_nano.py)
"""

import tempfile
from pathlib import Path

import numpy as np
import torch
from transformers import Llama4Config, Llama4ForConditionalGeneration, Llama4TextConfig, Llama4VisionConfig

import export
import vocab
from recipe import BOS, EOT, ID, PAD, PATCH, Text, Vision
from scenes import random_scene, render
from train_joint import Nano


def reference(nano):
    """transformers' model with the same weights, float32."""
    t, v = Text(), Vision()
    text = Llama4TextConfig(
        vocab_size=t.vocab_size, hidden_size=t.hidden_size, intermediate_size=t.expert_size, intermediate_size_mlp=2 * t.expert_size,
        num_hidden_layers=t.num_layers, num_attention_heads=t.num_heads, num_key_value_heads=t.num_kv_heads, head_dim=t.head_dim,
        max_position_embeddings=t.context, rms_norm_eps=t.eps, num_local_experts=t.num_experts, num_experts_per_tok=1,
        interleave_moe_layer_step=1, use_qk_norm=True, no_rope_layer_interval=t.nope_interval, attention_chunk_size=t.chunk,
        attn_temperature_tuning=True, floor_scale=t.floor_scale, attn_scale=t.attn_scale, tie_word_embeddings=False,
        rope_parameters={"rope_type": "default", "rope_theta": t.rope_theta}, bos_token_id=BOS, eos_token_id=EOT, pad_token_id=PAD,
    )  # fmt: skip
    vision = Llama4VisionConfig(
        hidden_size=v.hidden_size, num_hidden_layers=v.num_layers, num_attention_heads=v.num_heads, intermediate_size=4 * v.hidden_size,
        vision_output_dim=v.output_size, projector_input_dim=v.output_size, projector_output_dim=v.output_size, image_size=v.image_size,
        patch_size=v.patch_size, norm_eps=v.eps, pixel_shuffle_ratio=1 / v.shuffle, rope_parameters={"rope_type": "default", "rope_theta": v.rope_theta},
    )  # fmt: skip
    config = Llama4Config(text_config=text, vision_config=vision, image_token_index=PATCH, boi_token_index=ID["<|image_start|>"], eoi_token_index=ID["<|image_end|>"])
    config._attn_implementation = "eager"
    model = Llama4ForConditionalGeneration(config).eval().float()
    state = {f"language_model.{k}": p for k, p in nano.decoder.state_dict().items()} | nano.eye.state_dict()
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert not missing and not unexpected, (missing, unexpected)
    return model


def pixels(tiles):
    return torch.from_numpy(np.stack(tiles)).permute(0, 3, 1, 2).float() / 127.5 - 1


def worst(a, b):
    return ((a - b).abs().max() / b.abs().max().clamp(min=1e-6)).item()


def test_text_logits_equal_transformers():
    torch.manual_seed(1)
    nano = Nano().eval()
    ids = torch.randint(0, PATCH, (2, 200))
    with torch.no_grad():
        assert worst(nano.decoder(ids), reference(nano)(input_ids=ids).logits) < 1e-4


def test_logits_after_a_picture_equal_transformers():
    torch.manual_seed(2)
    nano, tile = Nano().eval(), render(random_scene(3))
    ids = torch.tensor([vocab.prompt([("image", "What do you see?")])])
    with torch.no_grad():
        ours = nano.decoder.lm_head(nano.decoder.hidden(nano.embed(ids, nano.eye(torch.from_numpy(tile)[None]))))
        theirs = reference(nano)(input_ids=ids, pixel_values=pixels([tile])).logits
    assert worst(ours, theirs) < 1e-4


def test_export_reads_back_within_quantisation():
    torch.manual_seed(3)
    nano = Nano().eval()
    with tempfile.TemporaryDirectory() as folder:
        export.TEXT_FILE, export.VISION_FILE = Path(folder) / "t.gguf", Path(folder) / "v.gguf"
        export.write_text(nano.decoder.state_dict(), export.TEXT_FILE)
        export.write_vision(nano.eye.state_dict(), export.VISION_FILE)
        again = export.read()
    for (name, a), (_, b) in zip(nano.state_dict().items(), again.state_dict().items()):
        assert worst(b, a) < 0.01, name


def test_tokenizer_keeps_any_text_and_ranks_are_ids():
    for text in ("Don't STOP 12345 a/b\n\n\nx  y ", "naïve café 漢字 🙂", "{\"a\": 1}"):
        assert vocab.decode(vocab.encode(text)) == text
        assert vocab.encode(text) == _by_rank(text)


def _by_rank(text):
    """Llama 4's own rule: join the neighbours whose union has the lowest id, until none has one."""
    tokenizer, out = vocab.load(), []
    for piece, _ in tokenizer.pre_tokenizer.pre_tokenize_str(text):
        parts = list(piece)
        while True:
            unions = [(tokenizer.token_to_id(a + b), i) for i, (a, b) in enumerate(zip(parts, parts[1:])) if tokenizer.token_to_id(a + b) is not None]
            if not unions:
                break
            i = min(unions)[1]
            parts[i : i + 2] = [parts[i] + parts[i + 1]]
        out += [tokenizer.token_to_id(p) for p in parts]
    return out


if __name__ == "__main__":
    for name, check in list(globals().items()):
        if name.startswith("test_"):
            check()
            print("ok", name)
