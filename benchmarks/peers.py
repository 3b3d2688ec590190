"""The methods compared: gridgis, and every peer that can be installed; a missing one is named and left out."""

from __future__ import annotations

import importlib.util
import warnings
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from cases import Case, voronoi_town
from measure import Method

from gridgis.options import PlanOptions

if TYPE_CHECKING:
    from gridgis.partition import Assignment

MEAN_WEIGHT = 500


def line_weights(case: Case, *, by_cost: bool = False) -> np.ndarray:
    """(m,) whole weights of the edges: shared length, the price of the line, or all alike where edges are counted."""
    graph = case.graph
    price = graph.cost if by_cost else graph.shared_m
    if case.options.objective == "cut-edges" or not price.any():
        return np.ones(len(graph.u), np.int64)
    return np.maximum(1, np.round(100 * price / price.mean())).astype(np.int64)


def merged_load(case: Case) -> np.ndarray:
    """(n,) the mean of both counts, each in proportion to its own mean."""
    graph = case.graph
    return MEAN_WEIGHT * (graph.households / graph.households.mean() + graph.population / graph.population.mean())


def metis_tables(case: Case) -> tuple[np.ndarray, ...]:
    """Neighbours in the form METIS takes, and the package loaded."""
    import pymetis  # noqa: F401 -- so that loading is not timed

    return case.graph.csr()


def metis(
    case: Case,
    tables: tuple[np.ndarray, ...],
    *,
    merged: bool = False,
    tolerance: float | None = None,
    by_cost: bool = False,
) -> np.ndarray:
    """METIS k-way, contiguous: by one count, or by the mean of both; lines by length or by cost."""
    import pymetis

    indptr, indices, edge = tables
    load = merged_load(case) if merged and case.both else case.main_load
    options = pymetis.Options()
    options.ufactor = round(1000 * (tolerance or case.tolerance))
    options.contig = 1
    options.seed = 1
    answer = pymetis.part_graph(
        case.grids,
        xadj=indptr,
        adjncy=indices,
        vweights=np.maximum(1, np.round(load)).astype(np.int64),
        eweights=line_weights(case, by_cost=by_cost)[edge],
        recursive=False,
        options=options,
    )
    return np.asarray(answer[1])


def kahip_lists(case: Case) -> tuple[list[int], ...]:
    """Arrays as lists, as KaHIP takes them, and the package loaded."""
    import kahip  # noqa: F401 -- so that loading is not timed

    indptr, indices, edge = case.graph.csr()
    arrays = (case.main_load, indptr, line_weights(case)[edge], indices)
    return tuple(array.tolist() for array in arrays)


def kahip_strong(case: Case, lists: tuple[list[int], ...]) -> np.ndarray:
    """KaHIP's ``strong`` configuration; parts may be in pieces."""
    import kahip

    return np.asarray(kahip.kaffpa(*lists, case.grids, case.tolerance, True, 1, kahip.STRONG)[1])


def gerrychain_graph(case: Case) -> Any:
    """GerryChain's own graph, and the package loaded."""
    import gerrychain
    import gerrychain.partition.initial_partition_generators
    import networkx

    net = networkx.Graph()
    net.add_nodes_from((i, {"load": load}) for i, load in enumerate(case.main_load.tolist()))
    net.add_edges_from(zip(case.graph.u.tolist(), case.graph.v.tolist(), strict=True))
    return gerrychain.Graph.from_networkx(net)


def gerrychain_seed(case: Case, net: Any) -> np.ndarray:
    """GerryChain's start of a chain: parts taken one by one off random spanning trees."""
    from gerrychain.partition.initial_partition_generators import recursive_tree_part

    target = case.main_load.sum() / case.grids
    part = recursive_tree_part(net, range(case.grids), target, "load", case.tolerance, rng=1)
    return np.array([part[unit] for unit in range(case.graph.n)])


def maxp_tables(case: Case) -> tuple[Any, Any]:
    """Points and neighbours, as spopt takes them, and the package loaded."""
    import geopandas as gpd
    import spopt.region  # noqa: F401 -- so that loading is not timed
    from libpysal.weights import W

    graph = case.graph
    indptr, indices, _ = graph.csr()
    columns = {"load": case.main_load.astype(float), "x": graph.x / graph.x.std(), "y": graph.y / graph.y.std()}
    points = gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(graph.x, graph.y))
    near = {i: indices[indptr[i] : indptr[i + 1]].tolist() for i in range(graph.n)}
    return points, W(near, silence_warnings=True)


def maxp(case: Case, tables: tuple[Any, Any]) -> np.ndarray:
    """spopt's MaxP: as many regions as keep the lower bound, alike in place."""
    from spopt.region import MaxPHeuristic

    warnings.simplefilter("ignore")
    points, near = tables
    low = (1 - case.tolerance) * case.main_load.sum() / case.grids
    np.random.seed(1)  # noqa: NPY002 -- the only way to seed spopt
    model = MaxPHeuristic(points, near, ["x", "y"], "load", low, 2, max_iterations_construction=3, max_iterations_sa=3)
    model.solve()
    return np.asarray(model.labels_)


def compile_gridgis(case: Case) -> None:
    """Load or compile the code that this case needs."""
    from gridgis.partition import partition

    options = case.options.replace(households=PlanOptions().households, population=PlanOptions().population, grids=None)
    partition(voronoi_town(500, seed=99), options.replace(effort=0.1))


def gridgis(case: Case, ready: object, *, effort: float) -> Assignment:
    """Divide with both bands as hard bounds."""
    from gridgis.partition import partition

    return partition(case.graph, case.options.replace(effort=effort))


def gridgis_method(effort: float) -> Method:
    """Return gridgis at an effort."""
    return Method(name=f"gridgis, effort {effort:g}", solve=partial(gridgis, effort=effort), prepare=compile_gridgis)


METIS_MERGED = "METIS merged ±10 %"


def peers(tolerance: float) -> list[Method]:
    """Return what gridgis is compared with; the first is what the others' cuts are held against."""
    off = f"±{100 * tolerance:g} %"
    return [
        Method(name=f"METIS {off}", solve=metis, prepare=metis_tables, package="pymetis", whole=True),
        Method(
            name=METIS_MERGED,
            solve=partial(metis, merged=True, tolerance=0.10),
            prepare=metis_tables,
            package="pymetis",
            whole=True,
        ),
        Method(name=f"KaHIP strong {off}", solve=kahip_strong, prepare=kahip_lists, package="kahip"),
        Method(
            name=f"GerryChain tree {off}",
            solve=gerrychain_seed,
            prepare=gerrychain_graph,
            package="gerrychain",
            whole=True,
        ),
        Method(name="spopt MaxP", solve=maxp, prepare=maxp_tables, package="spopt", whole=True),
    ]


def installed(method: Method) -> bool:
    """Tell whether what a method needs is here."""
    return not method.package or importlib.util.find_spec(method.package) is not None
