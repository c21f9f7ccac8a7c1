"""Hugging Face's Llama 4 with the weights of a tiny GGUF file, in float64 or float32.

transformers casts to float32 by hand in its norms and rotations, and computes both models' rotation tables in float32.
Double() lifts these casts and gives it tables in float64; nothing else of it is touched."""

import contextlib

import numpy as np
import spec
import torch
import vocabulary
from transformers import Llama4Config, Llama4ForCausalLM, Llama4ForConditionalGeneration, Llama4TextConfig
from transformers.models.llama4 import modeling_llama4 as hf
from weights import is_moe


def text_config(c):
    return Llama4TextConfig(
        vocab_size=vocabulary.SIZE, hidden_size=c["hidden"], intermediate_size=c["expert_width"],
        intermediate_size_mlp=c["dense_width"], num_hidden_layers=c["layers"], num_attention_heads=c["heads"],
        num_key_value_heads=c["kv_heads"], head_dim=c["head_dim"], rms_norm_eps=c["eps"], num_experts_per_tok=c["used"],
        num_local_experts=c["experts"], interleave_moe_layer_step=c["interleave"], use_qk_norm=c["qk_norm"],
        no_rope_layer_interval=c["nope_interval"], attention_chunk_size=c["chunk"], attn_temperature_tuning=True,
        floor_scale=c["floor_scale"], attn_scale=c["attn_scale"], max_position_embeddings=4096,
        rope_parameters=dict(rope_type="llama3", rope_theta=c["theta"], factor=c["factor"], low_freq_factor=c["low"],
                             high_freq_factor=c["high"], original_max_position_embeddings=c["original_context"]),
        bos_token_id=vocabulary.special("begin_of_text"), eos_token_id=vocabulary.special("eot"),
        tie_word_embeddings=False, attn_implementation="eager")


def text_state(w, c):
    """The state dict of Llama4ForCausalLM. Experts are input-major there: transposed, gate and up side by side (§2.8)."""
    s = {"model.embed_tokens.weight": w["token_embd.weight"], "model.norm.weight": w["output_norm.weight"],
         "lm_head.weight": w["output.weight"]}
    for n in range(c["layers"]):
        a, b = f"model.layers.{n}.", f"blk.{n}."
        s[a + "input_layernorm.weight"] = w[b + "attn_norm.weight"]
        s[a + "post_attention_layernorm.weight"] = w[b + "ffn_norm.weight"]
        for ours, theirs in ("q", "q"), ("k", "k"), ("v", "v"), ("output", "o"):
            s[a + f"self_attn.{theirs}_proj.weight"] = w[b + f"attn_{ours}.weight"]
        if is_moe(c, n):
            s[a + "feed_forward.router.weight"] = w[b + "ffn_gate_inp.weight"]
            gate, up, down = (w[b + f"ffn_{part}_exps.weight"].swapaxes(1, 2) for part in ("gate", "up", "down"))
            s[a + "feed_forward.experts.gate_up_proj"] = np.concatenate([gate, up], -1)
            s[a + "feed_forward.experts.down_proj"] = down
        for part in "gate", "up", "down":
            where, kind = ("shared_expert.", "_shexp") if is_moe(c, n) else ("", "")
            s[a + f"feed_forward.{where}{part}_proj.weight"] = w[b + f"ffn_{part}{kind}.weight"]
    return s


def vision_config(c):
    return dict(
        hidden_size=c["hidden"], num_hidden_layers=c["layers"], num_attention_heads=c["heads"], intermediate_size=c["mlp"],
        image_size=c["image"], patch_size=c["patch"], vision_output_dim=c["adapter"], projector_input_dim=c["adapter"],
        projector_output_dim=c["adapter"], norm_eps=c["eps"], rope_parameters=dict(rope_type="default", rope_theta=10000.0))


def vision_state(w, c):
    v, s = "vision_model.", {}
    s[v + "patch_embedding.linear.weight"] = w["v.patch_embd.weight"]
    s[v + "class_embedding"] = w["v.class_embd"]
    s[v + "positional_embedding_vlm"] = w["v.position_embd.weight"]
    names = {"v.pre_ln": v + "layernorm_pre", "v.post_ln": v + "layernorm_post"}
    for n in range(c["layers"]):
        a, b = f"{v}model.layers.{n}.", f"v.blk.{n}."
        names |= {b + "ln1": a + "input_layernorm", b + "ln2": a + "post_attention_layernorm",
                  b + "ffn_up": a + "mlp.fc1", b + "ffn_down": a + "mlp.fc2"}
        names |= {b + f"attn_{ours}": a + f"self_attn.{theirs}_proj" for ours, theirs in zip(("q", "k", "v", "out"), "qkvo")}
    for ours, theirs in names.items():
        for part in ".weight", ".bias":
            s[theirs + part] = w[ours + part]
    s[v + "vision_adapter.mlp.fc1.weight"] = w["mm.model.mlp.1.weight"]
    s[v + "vision_adapter.mlp.fc2.weight"] = w["mm.model.mlp.2.weight"]
    s["multi_modal_projector.linear_1.weight"] = w["mm.model.fc.weight"]
    return s


def load(model, state):
    model.load_state_dict({name: torch.from_numpy(np.ascontiguousarray(t)) for name, t in state.items()}, strict=True)
    return model.eval()


def text_model(w, c):
    return load(Llama4ForCausalLM(text_config(c)).float(), text_state(w, c))


def whole_model(text_w, text_c, vision_w, vision_c):
    config = Llama4Config(text_config=text_config(text_c).to_dict(), vision_config=vision_config(vision_c),
                          image_token_index=vocabulary.special("patch"))
    config._attn_implementation = "eager"
    state = {"language_model." + name: t for name, t in text_state(text_w, text_c).items()}
    return load(Llama4ForConditionalGeneration(config).float(), state | vision_state(vision_w, vision_c))


@contextlib.contextmanager
def double(model, c, w, vision_c=None):
    """The model in float64 throughout. Its rotation tables come from the file's divisors."""
    model.double()
    half = torch.from_numpy(c["theta"] ** (-np.arange(0, c["head_dim"], 2) / c["head_dim"]) / w["rope_freqs.weight"].astype(np.float64))

    def rotation(self, x, position_ids):
        angle = position_ids[..., None].double() * half
        return torch.polar(torch.ones_like(angle), angle)

    for module in model.modules():
        if isinstance(module, hf.Llama4VisionRotaryEmbedding):
            angle = torch.from_numpy(spec.vision_angles(vision_c["image"] // vision_c["patch"], vision_c["hidden"] // vision_c["heads"]))
            module.freqs_ci = torch.polar(torch.ones_like(angle), angle)[:, None]
    cast, forward = torch.Tensor.float, hf.Llama4TextRotaryEmbedding.forward
    torch.Tensor.float, hf.Llama4TextRotaryEmbedding.forward = torch.Tensor.double, rotation
    try:
        yield model
    finally:
        torch.Tensor.float, hf.Llama4TextRotaryEmbedding.forward = cast, forward


class Tap:
    """Collects what modules of given classes put out, in order of their calls."""

    def __init__(self, model, **classes):
        self.seen = {name: [] for name in classes}
        self.hooks = [
            module.register_forward_hook(lambda m, args, out, name=name: self.seen[name].append(out))
            for name, cls in classes.items() for module in model.modules() if isinstance(module, cls)]

    def close(self):
        for hook in self.hooks:
            hook.remove()
        return self.seen


@torch.no_grad()
def run_text(model, **inputs):
    """Hidden states [embedding, layer 0, ...], logits and router logits of a forward pass over one sequence, no cache."""
    tap = Tap(model, layers=hf.Llama4TextDecoderLayer, routers=hf.Llama4Router)
    first = []
    layers = next(m for m in model.modules() if isinstance(m, hf.Llama4TextModel)).layers
    hook = layers[0].register_forward_pre_hook(lambda m, args: first.append(args[0]))
    logits = model(use_cache=False, **inputs).logits[0].numpy()
    hook.remove()
    seen = tap.close()
    hidden = [first[0][0].numpy(), *(x[0].numpy() for x in seen["layers"])]
    return hidden, logits, [logits.numpy() for _, logits in seen["routers"]]


@torch.no_grad()
def run_vision(model, tiles):
    """States around the blocks, patches after the last norm, adapter and projector outputs: each [tiles, ...]."""
    tower = model.vision_model
    tap = Tap(model, blocks=hf.Llama4VisionEncoderLayer, adapter=hf.Llama4VisionPixelShuffleMLP)
    pre, post, shuffled = [], [], []
    hooks = [tower.model.layers[0].register_forward_pre_hook(lambda m, args, kw: pre.append(args[0] if args else kw["hidden_state"]), with_kwargs=True),
             tower.layernorm_post.register_forward_hook(lambda m, args, out: post.append(out)),
             tower.vision_adapter.mlp.register_forward_hook(lambda m, args, out: shuffled.append(args[0]))]
    model.vision_model(tiles)
    for hook in hooks:
        hook.remove()
    seen = tap.close()
    states = [pre[0].numpy(), *(out[0].numpy() for out in seen["blocks"])]
    adapted = seen["adapter"][0]
    return states, post[0][:, :-1].numpy(), shuffled[0].numpy(), adapted.numpy(), model.multi_modal_projector(adapted).numpy()
