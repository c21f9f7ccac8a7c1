"""One training loop for every stage: AdamW, warm-up, constant rate, linear decay at the end; resumable."""

import time

import torch

from recipe import RUNS


def run(name, model, loss_of, steps, rate, seed_batches, save_every=200, log_every=20, cooldown=0.3, decay=0.05):
    """Trains `model` in place until `steps`.

    loss_of(batch) returns (loss, dict of numbers to log); seed_batches(step) makes the batch of a step, so that a
    resumed run sees what an unbroken one would have seen. The checkpoint is runs/<name>.pt.
    """
    optimiser = _optimiser(model, rate, decay)
    step, minutes, path = _resume(name, model, optimiser)
    log = open(RUNS / f"{name}.log", "a", buffering=1)
    mark, recent = time.time(), []
    while step < steps:
        _set_rate(optimiser, rate * schedule(step, steps, cooldown))
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss, numbers = loss_of(seed_batches(step))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        step += 1
        recent.append({"loss": loss.item(), **numbers})
        if step % log_every == 0:
            now = time.time()
            minutes, mark = minutes + (now - mark) / 60, now
            means = " ".join(f"{k} {sum(r[k] for r in recent) / len(recent):.4f}" for k in recent[0])
            log.write(f"step {step} minutes {minutes:.1f} {means}\n")
            recent = []
        if step % save_every == 0 or step == steps:
            _save(path, model, optimiser, step, minutes)
    return model


def schedule(step, steps, cooldown=0.3):
    return min(1.0, (step + 1) / 100, max(0.02, (steps - step) / (cooldown * steps)))


def _set_rate(optimiser, rate):
    for group in optimiser.param_groups:
        group["lr"] = rate * group["pace"]


def _optimiser(model, rate, decay):
    """Decay for matrices only. Patch patterns have tiny weights of great effect: they move at a twentieth of the pace."""
    named = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    patches = [p for name, p in named if "patch_embedding" in name]
    matrices = [p for name, p in named if p.ndim >= 2 and "patch_embedding" not in name]
    vectors = [p for _, p in named if p.ndim < 2]
    groups = [
        {"params": patches, "weight_decay": 0.0, "pace": 0.05},
        {"params": matrices, "weight_decay": decay, "pace": 1.0},
        {"params": vectors, "weight_decay": 0.0, "pace": 1.0},
    ]
    return torch.optim.AdamW([g for g in groups if g["params"]], lr=rate, betas=(0.9, 0.98), eps=1e-9, fused=True)


def _resume(name, model, optimiser):
    path = RUNS / f"{name}.pt"
    if not path.exists():
        return 0, 0.0, path
    state = torch.load(path, weights_only=True)
    model.load_state_dict(state["model"])
    optimiser.load_state_dict(state["optimiser"])
    return state["step"], state["minutes"], path


def _save(path, model, optimiser, step, minutes):
    partial = path.with_suffix(".part")
    torch.save({"model": model.state_dict(), "optimiser": optimiser.state_dict(), "step": step, "minutes": minutes}, partial)
    partial.rename(path)
