"""One training loop for every stage: AdamW, warm-up, constant rate, linear decay at the end; resumable.

Started by `python -m torch.distributed.run --nproc_per_node 2`, two processes share the work: each takes every
second batch and they average their gradients, which on two cores wastes less than two threads in each product.
"""

import os
import time

import torch
from torch import distributed

from recipe import RUNS


def run(name, model, loss_of, steps, rate, seed_batches, save_every=200, log_every=20, cooldown=0.3, decay=0.05):
    """Trains `model` in place until `steps`.

    loss_of(batch) returns (loss, dict of numbers to log); seed_batches(step) makes the batch of a step, so that a
    resumed run sees what an unbroken one would have seen. The checkpoint is runs/<name>.pt.
    """
    rank, world = _team()
    optimiser = _optimiser(model, rate, decay)
    step, minutes, path = _resume(name, model, optimiser)
    journal = Journal(name, minutes)
    while step < steps:
        _set_rate(optimiser, rate * schedule(step, steps, cooldown))
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss, numbers = loss_of(seed_batches(step * world + rank))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        if world > 1:
            _average(model, world)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        step += 1
        if rank == 0:
            journal.note(step, {"loss": loss.item(), **numbers}, log_every)
        if rank == 0 and (step % save_every == 0 or step == steps):
            _save(path, model, optimiser, step, journal.minutes)
    return model


class Journal:
    """runs/<name>.log: means of the numbers of the last steps, and the minutes of training so far."""

    def __init__(self, name, minutes):
        self.path, self.minutes, self.mark, self.recent = RUNS / f"{name}.log", minutes, time.time(), []

    def note(self, step, numbers, every):
        self.recent.append(numbers)
        if step % every:
            return
        now = time.time()
        self.minutes, self.mark = self.minutes + (now - self.mark) / 60, now
        means = " ".join(f"{k} {sum(r[k] for r in self.recent) / len(self.recent):.4f}" for k in numbers)
        with open(self.path, "a") as log:
            log.write(f"step {step} minutes {self.minutes:.1f} {means}\n")
        self.recent = []


def _team():
    """Rank and number of the processes that train together."""
    world = int(os.environ.get("WORLD_SIZE", 1))
    if world > 1 and not distributed.is_initialized():
        distributed.init_process_group("gloo")
    return (distributed.get_rank(), world) if world > 1 else (0, 1)


def _average(model, world):
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    flat = torch.cat([g.flatten() for g in gradients])
    distributed.all_reduce(flat)
    for gradient, mean in zip(gradients, flat.div_(world).split([g.numel() for g in gradients])):
        gradient.copy_(mean.view_as(gradient))


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
