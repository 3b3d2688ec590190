"""Noding in strips gives what noding all at once gives, and lines meet only at their ends."""

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridgis.noding import PRECISION_M, node


def random_lines(seed, count):
    rng = np.random.default_rng(seed)
    ends = rng.uniform(0, 100, (count, 3, 2))
    ends[::3, :, 1] = np.rint(ends[::3, :, 1])  # some that are level or cross in one place
    ends[::4, 0] = ends[1, 0]
    return shapely.linestrings(ends)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 40), st.integers(5, 60))
def test_strips_enclose_the_same_faces_as_all_at_once(seed, count, strip_vertices):
    lines = np.append(random_lines(seed, count), shapely.box(0, 0, 100, 100).exterior)
    whole, strips = node(lines), node(lines, strip_vertices=strip_vertices)
    faces = [shapely.get_parts(shapely.polygonize(edges)) for edges in (whole, strips)]
    assert len(faces[0]) == len(faces[1])
    assert np.allclose(*(np.sort(shapely.area(f)) for f in faces), atol=1e-3)
    assert np.isclose(shapely.length(whole).sum(), shapely.length(strips).sum())


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_edges_meet_only_at_their_ends(seed):
    edges = node(random_lines(seed, 25), strip_vertices=10)
    assert (shapely.set_precision(edges, PRECISION_M) == edges).all()
    one, other = shapely.STRtree(edges).query(edges, predicate="intersects")
    pair = one < other
    meeting = shapely.intersection(edges[one[pair]], edges[other[pair]])
    ends = shapely.boundary(edges)
    for at in (one[pair], other[pair]):
        assert shapely.covers(ends[at], meeting).all()


def test_the_same_lines_give_the_same_edges():
    lines = random_lines(7, 60)
    once, again = node(lines, strip_vertices=20), node(lines, strip_vertices=20)
    assert shapely.equals_exact(once, again).all()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.floats(1e-8, 1e-5))
def test_lines_that_lie_on_one_another_but_for_a_splinter_lose_no_face(seed, apart):
    lines = random_lines(seed, 20)
    xy = shapely.get_coordinates(lines)
    shifted = shapely.set_coordinates(lines.copy(), xy + np.random.default_rng(seed).uniform(-apart, apart, xy.shape))
    box = shapely.box(0, 0, 100, 100)
    edges = node(np.concatenate([lines, shifted, [box.exterior]]), strip_vertices=12)
    faces = shapely.get_parts(shapely.polygonize(edges))
    assert np.isclose(shapely.area(faces).sum(), box.area)
    assert len(np.unique(shapely.to_wkb(shapely.normalize(edges)))) == len(edges)
