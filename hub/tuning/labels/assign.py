"""Which may belong together and how far apart in, who belongs to whom out: as many as can, the closest so; pure.

Successive shortest augmenting paths (Ford and Fulkerson 1962; Ahuja, Magnanti and Orlin, Network Flows, 1993, ch. 12):
each path takes in one more of the left side at the least added distance, so no matching of that size lies closer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
    """Match the left sides of one connected part: while a shortest augmenting path is found, flip it."""
    if len(group) == 1:
        left = group[0]
        chosen = min(costs[left], key=lambda other: (costs[left][other], other))
        taken_by[chosen], gives[left] = left, chosen
        return
    while True:
        # Bellman and Ford over the free left sides at once: reached[other] is the least cost to let `other` be taken.
        reached: dict[int, int] = {}
        through: dict[int, int] = {}
        waiting = {left: 0 for left in group if left not in gives}
        while waiting:
            following: dict[int, int] = {}
            for left, spent in sorted(waiting.items()):
                for other, cost in costs[left].items():
                    total = spent + cost
                    if gives.get(left) != other and (other not in reached or total < reached[other]):
                        reached[other], through[other] = total, left
                        owner = taken_by[other]
                        if owner is not None:
                            following[owner] = total - costs[owner][other]
            waiting = following
        free = [other for other in reached if taken_by[other] is None]
        if not free:
            return
        step: int | None = min(free, key=lambda other: (reached[other], other))
        while step is not None:
            left = through[step]
            before = gives.get(left)
            taken_by[step], gives[left] = left, step
            step = before


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
