"""A seeded schedule of faults: the same seed gives the same faults at the same times."""

import heapq
import random
from dataclasses import dataclass, field
from typing import Optional


@dataclass(order=True)
class Fault:
    at_s: float
    order: int
    kind: str = field(compare=False)
    dice: float = field(compare=False)
    instance: Optional[int] = field(default=None, compare=False)


class Schedule:
    """Faults in the order of their times; consequences are put in while it runs."""

    def __init__(self, seed, seconds, counts):
        rng = random.Random(f"schedule {seed}")
        self.heap = []
        self.order = 0
        for kind, count in counts.items():
            for _ in range(count):
                self.put(rng.uniform(2, seconds), kind, rng.random())

    def put(self, at_s, kind, dice=0.0, instance=None):
        self.order += 1
        heapq.heappush(self.heap, Fault(at_s, self.order, kind, dice, instance))

    def due(self, now_s):
        """The next fault whose time has come, if there is one."""
        return heapq.heappop(self.heap) if self.heap and self.heap[0].at_s <= now_s else None
