"""Makes the golden files of SmolLM2-135M-Instruct Q4_1 with Hugging Face transformers.

The weights are the GGUF file's, dequantised by the gguf package; the model is transformers' LlamaForCausalLM in
float32 with eager attention. Nothing here shares code with Outrider. Run by `make golden`, after `make models`.
"""

import pathlib
import sys

import gguf
import jinja2
import numpy as np
import tokenizers
import torch
from transformers import LlamaConfig, LlamaForCausalLM

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from golden import Golden  # noqa: E402

MODEL = HERE.parents[2] / "models/cache/SmolLM2-135M-Instruct.Q4_1.gguf"

STEPS = 32  # most tokens continued greedily; the end token is the last one where it comes earlier
KEPT = [0, 1, 7, 24]  # steps whose logits are kept
STRIDE = 16  # of the kept logits, one in so many
MARGIN = 0.05  # least allowed gap between the best logit and the next, at every step

LIGHTHOUSE = """The lighthouse at Gull Point was built in 1871 by the engineer Martha Holloway. It stands on a rock that the \
sea covers at spring tides, two miles from the village of Anster. The tower is forty-one metres tall and is made of \
grey granite, which was cut inland and carried to the coast on a narrow railway. Nine men worked on the rock for four \
summers; in winter the waves were too high for any boat to land. The first lamp burned whale oil and could be seen from \
eleven miles away. In 1902 it was replaced by a paraffin lamp with a rotating lens, and in 1958 by an electric one, \
which flashes twice every fifteen seconds. The last keeper was Thomas Reid. He lived in the tower for twenty-three \
years, grew potatoes in a box of earth on the gallery, and wrote down the weather three times a day. When the light \
was made automatic in 1984 he moved to the village, but every evening he walked to the harbour to see that the lamp \
was lit. Today the tower belongs to a trust, which repairs the stairs and opens the doors to visitors on Sundays in \
July and August. Visitors climb one hundred and fifty-four steps, and those who reach the top are given a small \
card with the date and the direction of the wind. The weather books of Thomas Reid are kept in the library at Anster, \
where students of the climate still read them."""

PROMPTS = {
    "france": "What is the capital of France?",
    "days": "Name the seven days of the week.",
    "lighthouse": LIGHTHOUSE + "\n\nWho built the lighthouse, and in which year?",
}


def main():
    reader = gguf.GGUFReader(MODEL)
    fields = {key: field.contents() for key, field in reader.fields.items()}
    model = build(reader, fields)
    tokenizer = build_tokenizer(fields)
    for name, text in PROMPTS.items():
        make(name, model, tokenizer, render(fields, text), fields["tokenizer.ggml.eos_token_id"])


def build(reader, fields):
    """transformers' model with the file's weights."""
    heads, kv_heads = fields["llama.attention.head_count"], fields["llama.attention.head_count_kv"]
    config = LlamaConfig(
        vocab_size=fields["llama.vocab_size"],
        hidden_size=fields["llama.embedding_length"],
        intermediate_size=fields["llama.feed_forward_length"],
        num_hidden_layers=fields["llama.block_count"],
        num_attention_heads=heads,
        num_key_value_heads=kv_heads,
        max_position_embeddings=fields["llama.context_length"],
        rms_norm_eps=fields["llama.attention.layer_norm_rms_epsilon"],
        rope_parameters={"rope_type": "default", "rope_theta": fields["llama.rope.freq_base"]},
        tie_word_embeddings=True,
        attn_implementation="eager",
    )
    tensors = {t.name: torch.from_numpy(gguf.dequantize(t.data, t.tensor_type).astype(np.float32)) for t in reader.tensors}
    state = {"model.embed_tokens.weight": tensors["token_embd.weight"], "model.norm.weight": tensors["output_norm.weight"]}
    state["lm_head.weight"] = state["model.embed_tokens.weight"]
    for n in range(config.num_hidden_layers):
        state |= layer(tensors, n, heads, kv_heads)
    model = LlamaForCausalLM(config).float().eval()
    model.load_state_dict(state, strict=True)
    return model


def layer(tensors, n, heads, kv_heads):
    """One layer's weights under transformers' names."""
    names = {
        "input_layernorm": "attn_norm",
        "post_attention_layernorm": "ffn_norm",
        "self_attn.q_proj": "attn_q",
        "self_attn.k_proj": "attn_k",
        "self_attn.v_proj": "attn_v",
        "self_attn.o_proj": "attn_output",
        "mlp.gate_proj": "ffn_gate",
        "mlp.up_proj": "ffn_up",
        "mlp.down_proj": "ffn_down",
    }
    state = {f"model.layers.{n}.{theirs}.weight": tensors[f"blk.{n}.{ours}.weight"] for theirs, ours in names.items()}
    for theirs, count in ("q_proj", heads), ("k_proj", kv_heads):
        key = f"model.layers.{n}.self_attn.{theirs}.weight"
        state[key] = halves(state[key], count)
    return state


def halves(weight, heads):
    """Rows from GGUF's order, where a rotated pair is adjacent, to that of transformers, where it is half a head apart."""
    rows, columns = weight.shape
    return weight.reshape(heads, rows // heads // 2, 2, columns).transpose(1, 2).reshape(rows, columns)


def build_tokenizer(fields):
    """The published pre-tokenizer of SmolLM2 over the file's vocabulary."""
    tokens, kinds = fields["tokenizer.ggml.tokens"], fields["tokenizer.ggml.token_type"]
    merges = [tuple(m.split(" ")) for m in fields["tokenizer.ggml.merges"]]
    t = tokenizers.Tokenizer(tokenizers.models.BPE({token: i for i, token in enumerate(tokens)}, merges))
    t.pre_tokenizer = tokenizers.pre_tokenizers.Sequence([
        tokenizers.pre_tokenizers.Digits(individual_digits=True),
        tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
    ])
    t.decoder = tokenizers.decoders.ByteLevel()
    t.add_special_tokens([token for token, kind in zip(tokens, kinds) if kind == 3])
    return t


def render(fields, text):
    template = jinja2.Environment().from_string(fields["tokenizer.chat_template"])
    return template.render(messages=[{"role": "user", "content": text}], add_generation_prompt=True)


@torch.inference_mode()
def make(name, model, tokenizer, prompt, end):
    tokens = tokenizer.encode(prompt, add_special_tokens=False).ids
    continuation, margins, kept = [], [], []
    unread, past = tokens, None
    for step in range(STEPS):
        output = model(torch.tensor([unread]), past_key_values=past, use_cache=True)
        logits, past = output.logits[0, -1], output.past_key_values
        best, second = torch.topk(logits, 2).values
        margins.append(float(best - second))
        continuation.append(int(torch.argmax(logits)))
        if step in KEPT:
            kept.append(logits[::STRIDE].numpy())
        if continuation[-1] == end:
            break
        unread = continuation[-1:]
    assert min(margins) >= MARGIN, f"{name}: the least margin is {min(margins):.3f} at step {np.argmin(margins)}"

    g = Golden()
    g.note("made-by", f"testdata/golden/smollm2/make.py with transformers, torch {torch.__version__}, float32, eager attention")
    g.note("model", MODEL.name)
    g.note("prompt", repr(prompt))
    g.note("continuation", repr(tokenizer.decode(continuation, skip_special_tokens=False)))
    g.note("least-margin", f"{min(margins):.4f}")
    g.array("tokens", np.array(tokens))
    g.array("continuation", np.array(continuation))
    g.array("margins", np.array(margins, np.float32))
    g.array("steps", np.array(KEPT[: len(kept)]))
    g.array("stride", np.array([STRIDE]))
    g.array("logits", np.stack(kept))
    g.write(HERE / f"{name}.golden")
    print(f"{name}: {len(tokens)} tokens, least margin {min(margins):.4f}: {tokenizer.decode(continuation)!r}")


if __name__ == "__main__":
    main()
