"""Which may belong together and how far apart in, who belongs to whom out: as many as can, the closest so; pure.

Successive shortest augmenting paths (Ford and Fulkerson 1962; Ahuja, Magnanti and Orlin, Network Flows, 1993, ch. 12):
each path takes in one more of the left side at the least added distance, so no matching of that size lies closer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import heappop, heappush

GRAIN = 1 << 40  # distances become whole numbers: sums are exact, so no rounding decides and nothing loops


def assign(near: Sequence[Mapping[int, float]], right: int) -> dict[int, int]:
    """Return for each left side's index the right side's that it is given; `near[left]` maps right to distance.

    No right side is given twice. The largest possible number is given one, at the least sum of distances.
    """
    costs = [{other: round(distance * GRAIN) for other, distance in options.items()} for options in near]
    taken_by: list[int | None] = [None] * right
    gives: dict[int, int] = {}
    for group in _components(costs, right):
        _match(group, costs, taken_by, gives)
    return gives


def _match(
    group: Sequence[int], costs: Sequence[Mapping[int, int]], taken_by: list[int | None], gives: dict[int, int]
) -> None:
    """Match the left sides of one connected part, one after the other, each along its shortest augmenting path.

    Each left side has a seat of its own that nobody else can take, dearer than all else together: so as many as can
    sit elsewhere. `prices` keep what is left of each distance non-negative, so that the shortest path is found first.
    """
    if len(group) == 1:
        left = group[0]
        chosen = min(costs[left], key=lambda other: (costs[left][other], other))
        taken_by[chosen], gives[left] = left, chosen
        return
    alone = (len(group) + 1) * (1 + max(max(costs[left].values()) for left in group))
    options = {left: {**costs[left], -1 - left: alone} for left in group}
    holder: dict[int, int] = {}
    seat: dict[int, int] = {}
    prices: dict[int, int] = {}
    # Those with few choices first: whoever could sit anywhere would be moved on by each of them.
    for start in sorted(group, key=lambda each: (len(costs[each]), each)):
        reached: dict[int, int] = {}
        through: dict[int, int] = {}
        settled: list[int] = []
        waiting: list[tuple[int, int]] = []
        left, spent = start, 0
        while True:
            own = options[left][seat[left]] - prices.get(seat[left], 0) if left in seat else 0
            for other, cost in options[left].items():
                total = spent + cost - prices.get(other, 0) - own
                if other not in reached or total < reached[other]:
                    reached[other], through[other] = total, left
                    heappush(waiting, (total, other))
            spent, end = heappop(waiting)
            while spent > reached[end]:  # a nearer way was found since
                spent, end = heappop(waiting)
            if end not in holder:
                break
            settled.append(end)
            left = holder[end]
        for other in settled:
            prices[other] = prices.get(other, 0) + reached[other] - spent
        step: int | None = end
        while step is not None:
            left = through[step]
            before = seat.get(left)
            holder[step], seat[left] = left, step
            step = before
    for left, other in seat.items():
        if other >= 0:
            taken_by[other], gives[left] = left, other


def _components(costs: Sequence[Mapping[int, int]], right: int) -> list[list[int]]:
    """Return the left sides that have any option, in groups that share none with one another."""
    heard: list[list[int]] = [[] for _ in range(right)]
    for left, options in enumerate(costs):
        for other in options:
            heard[other].append(left)
    groups, seen = [], set[int]()
    for start, options in enumerate(costs):
        if start in seen or not options:
            continue
        group, waiting = [], [start]
        seen.add(start)
        while waiting:
            left = waiting.pop()
            group.append(left)
            for other in costs[left]:
                fresh = [each for each in heard[other] if each not in seen]
                seen.update(fresh)
                waiting += fresh
        groups.append(sorted(group))
    return groups
