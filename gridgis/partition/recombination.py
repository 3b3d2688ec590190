"""Whole grids taken together and divided anew along random spanning trees, into as many or other numbers of grids.

Cutting one edge of a spanning tree leaves two connected pieces, so every division found this way is contiguous
(DeFord, Duchin and Solomon 2021, "Recombination"). Unlike there, every edge of a tree is tried, and the one kept
is the best for both bands and the shape.
"""

from __future__ import annotations

from typing import NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from gridgis.compiled import bare
from gridgis.graph import Floats, Ints
from gridgis.partition.kernels import BREACH, CUT, OUTLINE, Lists, Net, Rng, Split, breach, draw, worth, worth_of


class Union(NamedTuple):
    """The units of some grids as a small graph of their own: m units, edges in CSR order."""

    units: Ints
    ptr: Ints
    adj: Ints
    length: Floats
    cost: Floats
    node: Floats


class Tree(NamedTuple):
    """Room for a spanning tree over part of a union: units in the order they joined, each one's parent, and sums.

    Attributes
    ----------
    order, parent, place
        (m,) the unit at every place, the place of its parent, and the place of every unit.
    rim, source
        (edges,) the edges that lead out of what has joined so far, and the places they start from.
    sums
        (m, columns of a node + 2) what `subtree_sums` fills in.
    """

    order: Ints
    parent: Ints
    place: Ints
    rim: Ints
    source: Ints
    sums: Floats


@nb.njit(cache=True)
def tree_room(union: Union) -> Tree:
    """Return room for the trees of a union."""
    m, links = len(union.units), len(union.adj)
    order, parent, place = np.empty(m, np.int64), np.empty(m, np.int64), np.empty(m, np.int64)
    rim, source = np.empty(links, np.int64), np.empty(links, np.int64)
    return Tree(order, parent, place, rim, source, np.empty((m, union.node.shape[1] + 2)))


@nb.njit(cache=True)
def unite(net: Net, split: Split, lists: Lists, chosen: Ints, local: Ints) -> tuple[Union, float]:
    """Return the union of the chosen grids, and what they cost now. ``local`` (n,) is -1 before and after."""
    m = 0
    now = 0.0
    for g in chosen:
        m += split.size[g]
        now += worth_of(split, g, net.rule)
    units = np.empty(m, np.int64)
    i = 0
    links = 0
    for g in chosen:
        v = lists.first[g]
        while v >= 0:
            units[i] = v
            local[v] = i
            links += net.indptr[v + 1] - net.indptr[v]
            i += 1
            v = lists.after[v]
    ptr = np.zeros(m + 1, np.int64)
    adj = np.empty(links, np.int64)
    length = np.empty(links)
    cost = np.empty(links)
    columns = net.node.shape[1]
    node = np.empty((m, columns))
    links = 0
    for i in range(m):
        v = units[i]
        for c in range(columns):
            node[i, c] = net.node[v, c]
        for j in range(net.indptr[v], net.indptr[v + 1]):
            k = local[net.indices[j]]
            if k >= 0:
                adj[links] = k
                length[links] = net.length[j]
                cost[links] = net.cost[j]
                links += 1
                if split.grid[net.indices[j]] != split.grid[v]:
                    now += 0.5 * net.rule[CUT] * net.cost[j]
        ptr[i + 1] = links
    for v in units:
        local[v] = -1
    return Union(units, ptr, adj[:links], length[:links], cost[:links], node), now


@bare
def grow_tree(union: Union, label: Ints, rest: int, count: int, rng: Rng, tree: Tree) -> bool:
    """Grow a random tree over the `count` units labelled `rest`; False when they are not connected.

    Of two random edges on the rim the one that is dearer to cut is taken, so that subtrees tend to keep together
    what should not be cut.
    """
    order, parent, place, rim, source, _ = tree
    m = len(label)
    place[:] = -1
    new = draw(rng) % m
    while label[new] != rest:
        new = (new + 1) % m
    rims = 0
    order[0] = new
    place[new] = 0
    parent[0] = -1
    done = 1
    while done < count:
        for j in range(union.ptr[new], union.ptr[new + 1]):
            if label[union.adj[j]] == rest and place[union.adj[j]] < 0:
                rim[rims] = j
                source[rims] = place[new]
                rims += 1
        new = -1
        while rims > 0 and new < 0:
            i = draw(rng) % rims
            k = draw(rng) % rims
            if union.cost[rim[k]] > union.cost[rim[i]]:
                i = k
            unit = union.adj[rim[i]]
            if place[unit] < 0:
                new = unit
                place[unit] = done
                order[done] = unit
                parent[done] = source[i]
                done += 1
            rims -= 1
            rim[i] = rim[rims]
            source[i] = source[rims]
        if new < 0:
            return False
    return True


@bare
def subtree_sums(union: Union, tree: Tree, count: int) -> None:
    """Fill in for the subtree at every place what ``Net.node`` holds, then length and cost of its lines to the rest.

    One pass: an edge lies inside every subtree that holds both its ends, so it is taken off where the ways of its
    ends to the root first meet.
    """
    columns = union.node.shape[1]
    length, cost = columns, columns + 1
    sums = tree.sums
    for p in range(count):
        i = tree.order[p]
        for c in range(columns):
            sums[p, c] = union.node[i, c]
        sums[p, length] = 0.0
        sums[p, cost] = 0.0
        for j in range(union.ptr[i], union.ptr[i + 1]):
            k = tree.place[union.adj[j]]
            if k < 0:
                continue
            sums[p, length] += union.length[j]
            sums[p, cost] += union.cost[j]
            if k < p:
                top = p
                while top != k:
                    if top > k:
                        top = tree.parent[top]
                    else:
                        k = tree.parent[k]
                sums[top, OUTLINE] -= 2.0 * union.length[j]
                sums[top, length] -= 2.0 * union.length[j]
                sums[top, cost] -= 2.0 * union.cost[j]
    for p in range(count - 1, 0, -1):
        for c in range(columns + 2):
            sums[tree.parent[p], c] += sums[p, c]


@bare
def best_cut(sums: Floats, count: int, others: int, rule: Floats) -> int:
    """Return the place 0 < p < `count` whose subtree is best cut off as a grid, or -p for all but it; 0: there is none.

    What is left is to become `others` grids.
    """
    best = 1e300
    answer = 0
    cost = sums.shape[1] - 1
    length = cost - 1
    for p in range(1, count):
        price = rule[CUT] * sums[p, cost]
        inside = price + worth(sums, p, sums, p, 0.0, 0.0, rule)
        outside = worth(sums, 0, sums, p, -1.0, 2.0 * sums[p, length], rule)
        if others == 1:
            inside += outside
        else:
            inside += rule[BREACH] * breach(sums, 0, sums, p, -1.0, float(others), rule)
            outside += price + rule[BREACH] * breach(sums, p, sums, p, 0.0, float(others), rule)
            if outside < best:
                best = outside
                answer = -p
        if inside < best:
            best = inside
            answer = p
    return answer


@bare
def carve(
    union: Union, label: Ints, inside: npt.NDArray[np.bool_], wanted: int, rule: Floats, rng: Rng, tree: Tree
) -> bool:
    """Divide a union into `wanted` connected parts, one after the other; labels 0 … wanted-1. False: no luck.

    ``inside`` (m,) is room.
    """
    m = len(label)
    rest = wanted - 1
    label[:] = rest
    if rest == 0:
        return grow_tree(union, label, rest, m, rng, tree)
    count = m
    for part in range(rest):
        if not grow_tree(union, label, rest, count, rng, tree):
            return False
        subtree_sums(union, tree, count)
        cut = best_cut(tree.sums, count, rest - part, rule)
        if cut == 0:
            return False
        left = count
        for p in range(count):
            inside[p] = p == abs(cut) or (p > abs(cut) and inside[tree.parent[p]])
            if inside[p] == (cut > 0):
                label[tree.order[p]] = part
                left -= 1
        count = left
    return True


@bare
def price(union: Union, label: Ints, sums: Floats, rule: Floats) -> float:
    """Return what a division costs; ``sums`` (parts, columns of a node) is filled with the parts' totals."""
    sums[:] = 0.0
    out = 0.0
    for i in range(len(label)):
        a = label[i]
        for c in range(sums.shape[1]):
            sums[a, c] += union.node[i, c]
        for j in range(union.ptr[i], union.ptr[i + 1]):
            if label[union.adj[j]] == a:
                sums[a, OUTLINE] -= union.length[j]
            else:
                out += 0.5 * rule[CUT] * union.cost[j]
    for a in range(len(sums)):
        out += worth(sums, a, sums, a, 0.0, 0.0, rule)
    return out


@nb.njit(cache=True)
def free_slots(split: Split, chosen: Ints, wanted: int) -> Ints:
    """Return `wanted` slots: those of the chosen grids and then empty ones; fewer when there are not enough."""
    slots = np.empty(wanted, np.int64)
    count = min(wanted, len(chosen))
    slots[:count] = chosen[:count]
    g = 0
    while count < wanted and g < len(split.size):
        if split.size[g] == 0:
            slots[count] = g
            count += 1
        g += 1
    return slots[:count]


@nb.njit(cache=True)
def recombine(
    net: Net,
    split: Split,
    lists: Lists,
    chosen: Ints,
    wanted: int,
    tries: int,
    local: Ints,
    rng: Rng,
    slack: float = 0.0,
) -> bool:
    """Divide the units of the `chosen` grids into `wanted` grids anew, if that makes the plan better.

    The best of `tries` random divisions is taken, if it is worse by less than `slack`. ``local`` (n,) is -1 before
    and after.
    """
    slots = free_slots(split, chosen, wanted)
    if len(slots) < wanted:
        return False
    union, best = unite(net, split, lists, chosen, local)
    m = len(union.units)
    if m < wanted:
        return False
    label = np.empty(m, np.int64)
    found = np.empty(m, np.int64)
    inside = np.empty(m, np.bool_)
    tree = tree_room(union)
    sums = np.zeros((wanted, union.node.shape[1]))
    better = False
    best += slack - 1e-9
    for _ in range(1 if wanted == 1 else tries):
        if not carve(union, label, inside, wanted, net.rule, rng, tree):
            continue
        then = price(union, label, sums, net.rule)
        if then < best:
            best = then
            better = True
            found[:] = label
    if not better:
        return False
    for g in chosen:
        lists.first[g] = -1
        split.size[g] = 0
        split.total[g, :] = 0.0
    price(union, found, sums, net.rule)
    for a in range(wanted):
        split.total[slots[a]] = sums[a]
        split.size[slots[a]] = 0
    for i in range(m - 1, -1, -1):
        v = union.units[i]
        g = slots[found[i]]
        split.grid[v] = g
        split.size[g] += 1
        lists.after[v] = lists.first[g]
        lists.first[g] = v
    return True
