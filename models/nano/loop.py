"""One training loop for every stage: AdamW, warm-up, constant rate, linear decay at the end; resumable.

Started by `python -m torch.distributed.run --nproc_per_node 2`, two processes share the work: each takes every
second batch and they average their gradients, which on two cores wastes less than two threads in each product.
"""

import os
import time

import torch
from torch import distributed

from recipe import RUNS

PATCHES = {"patch_embedding": 0.05}  # patch patterns have tiny weights of great effect


def run(name, model, loss_of, steps, rate, seed_batches, until=None, slow=None, save_every=200, log_every=20, cooldown=0.3, decay=0.05):
    """Trains `model` in place until `steps`, or pauses at `until`: another number of processes may go on from there.

    loss_of(batch) returns (loss, dict of numbers to log); seed_batches(step) makes the batch of a step, so that a
    resumed run sees what an unbroken one would have seen. `slow` gives parts of names and the share of the rate at
    which such parameters move. The checkpoint is runs/<name>.pt.
    """
    rank, world = _team()
    optimiser = _optimiser(model, rate, decay, PATCHES | (slow or {}))
    step, minutes, path = _resume(name, model, optimiser)
    journal = Journal(name, minutes)
    until = min(steps, until or steps)
    while step < until:
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
        if rank == 0 and (step % save_every == 0 or step == until):
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


def _optimiser(model, rate, decay, slow):
    """Groups by pace; matrices decay, except the slow patch patterns."""
    groups = {}
    for name, p in model.named_parameters():
        pace = next((share for part, share in slow.items() if part in name), 1.0)
        decays = p.ndim >= 2 and "patch_embedding" not in name
        groups.setdefault((pace, decays), []).append(p)
    groups = [{"params": ps, "pace": pace, "weight_decay": decay * decays} for (pace, decays), ps in groups.items()]
    return torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98), eps=1e-9, fused=True)


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
