"""PyTorch without autograd: products added in place, the loop of a phase compiled by TorchScript.

Answers the requests of wire.ts, one JSON object a line.
"""

import base64
import json
import sys
import time
from typing import Optional, Tuple

import torch

torch.set_grad_enabled(False)


def decode(value):
    if "float32" not in value:
        return value
    return torch.frombuffer(bytearray(base64.b64decode(value["float32"])), dtype=torch.float32)


def encode(tensor):
    return {"float32": base64.b64encode(tensor.contiguous().numpy().tobytes()).decode("ascii")}


@torch.jit.script
def settle(
    rim: torch.Tensor,
    hub: torch.Tensor,
    to_rim: torch.Tensor,
    to_hub: torch.Tensor,
    rim_base: torch.Tensor,
    hub_base: torch.Tensor,
    keep: float,
    nudged_keeps: Optional[Tuple[torch.Tensor, torch.Tensor]],
    iterations: int,
):
    """Iterates from rim and hub, which stay as they are; two pairs of buffers take turns.

    What a state keeps of itself is one number, or, nudged, a number for each unit.
    """
    next_rim = torch.empty_like(rim)
    next_hub = torch.empty_like(hub)
    spare_rim = torch.empty_like(rim)
    spare_hub = torch.empty_like(hub)
    for _ in range(iterations):
        if nudged_keeps is None:
            torch.add(rim_base, rim, alpha=keep, out=next_rim)
            torch.add(hub_base, hub, alpha=keep, out=next_hub)
        else:
            torch.addcmul(rim_base, rim, nudged_keeps[0], out=next_rim)
            torch.addcmul(hub_base, hub, nudged_keeps[1], out=next_hub)
        next_rim.addmm_(hub, to_rim).clamp_(0, 1)
        next_hub.addmm_(rim, to_hub).clamp_(0, 1)
        rim, next_rim, spare_rim = next_rim, spare_rim, next_rim
        hub, next_hub, spare_hub = next_hub, spare_hub, next_hub
    return rim, hub


class Rival:
    """A network of one or two hidden layers, about its second layer as star.ts has it."""

    def __init__(self, task):
        torch.set_num_threads(task["threads"])
        case = task["case"]
        sizes, self.rates = case["sizes"], case["rates"]
        self.free, self.nudged = case["free"], case["nudged"]
        self.batch, self.step_size = task["batch"], task["stepSize"]
        self.inputs, self.hidden, self.hub = sizes[:3]
        self.outputs = sizes[-1]
        self.is_output_hub = len(sizes) == 3
        weights = task["parameters"]["weights"]
        biases = task["parameters"]["biases"]
        self.input = weights[0].view(self.inputs, self.hidden)
        join = [weights[1].view(self.hidden, self.hub)]
        rim_bias = [biases[0]]
        join_rates = [torch.full((self.hidden,), self.rates[1])]
        rim_rates = [torch.full((self.hidden,), self.rates[0])]
        self.keep = 1 - self.step_size
        nudged_keep = self.keep - self.step_size * task["beta"]
        rim_keeps = [torch.full((self.hidden,), self.keep)]
        if not self.is_output_hub:
            join.append(weights[2].view(self.hub, self.outputs).t())
            rim_bias.append(biases[2])
            join_rates.append(torch.full((self.outputs,), self.rates[2]))
            rim_rates.append(torch.full((self.outputs,), self.rates[2]))
            rim_keeps.append(torch.full((self.outputs,), nudged_keep))
        self.join, self.rim_bias, self.hub_bias = torch.cat(join), torch.cat(rim_bias), biases[1]
        self.join_rates, self.rim_rates = torch.cat(join_rates) / self.batch, torch.cat(rim_rates)
        hub_keep = nudged_keep if self.is_output_hub else self.keep
        # Of full size: a row that is repeated would be slower to multiply by.
        rim_keeps = torch.cat(rim_keeps).repeat(self.batch, 1)
        self.nudged_keeps = rim_keeps, torch.full((self.batch, self.hub), hub_keep)
        self.batches = []
        for pair in task["batches"]:
            pull = pair["targets"].view(self.batch, self.outputs) * (self.step_size * task["beta"])
            self.batches.append((pair["inputs"].view(self.batch, self.inputs), pull))

    def step(self, index):
        x, pull = self.batches[index]
        to_hub = self.join * self.step_size
        to_rim = to_hub.t().contiguous()
        rim_base = self.rim_bias.mul(self.step_size).repeat(self.batch, 1)
        rim_base[:, : self.hidden].addmm_(x, self.input, alpha=self.step_size)
        hub_base = self.hub_bias.mul(self.step_size).repeat(self.batch, 1)
        # The first iteration from zero is the drive, clipped.
        first = rim_base.clamp(0, 1), hub_base.clamp(0, 1)
        rest = settle(*first, to_rim, to_hub, rim_base, hub_base, self.keep, None, self.free - 1)
        (hub_base if self.is_output_hub else rim_base[:, self.hidden :]).add_(pull)
        rim, hub = settle(*rest, to_rim, to_hub, rim_base, hub_base, self.keep, self.nudged_keeps, self.nudged)
        rim_moved = rim - rest[0]
        self.input.addmm_(x.t(), rim_moved[:, : self.hidden], alpha=self.rates[0] / self.batch)
        rims = torch.cat((rim, rest[0])).mul_(self.join_rates)
        self.join.addmm_(rims.t(), torch.cat((hub, -rest[1])))
        self.rim_bias.addcmul_(rim_moved.mean(0), self.rim_rates)
        self.hub_bias.add_((hub - rest[1]).mean(0), alpha=self.rates[1])
        return rest

    def outcome(self):
        rim, hub = self.step(0)
        states = [rim[:, : self.hidden], hub]
        weights = [self.input, self.join[: self.hidden]]
        biases = [self.rim_bias[: self.hidden], self.hub_bias]
        if not self.is_output_hub:
            states.append(rim[:, self.hidden :])
            weights.append(self.join[self.hidden :].t())
            biases.append(self.rim_bias[self.hidden :])
        named = {"states": states, "weights": weights, "biases": biases}
        return {name: [encode(tensor) for tensor in tensors] for name, tensors in named.items()}

    def train(self, steps):
        started = time.perf_counter()
        for i in range(steps):
            self.step(i % len(self.batches))
        return {"seconds": time.perf_counter() - started}


def main():
    rival = None
    for line in sys.stdin:
        request = json.loads(line, object_hook=decode)
        try:
            if request["ask"] == "start":
                rival = Rival(request["task"])
                answer = {"version": torch.__version__}
            elif request["ask"] == "step":
                answer = rival.outcome()
            else:
                answer = rival.train(request["steps"])
        except Exception as error:  # told to whoever asked
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


main()
