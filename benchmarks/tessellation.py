"""Dividing faces between buildings, against momepy's enclosed tessellation: the same cells, and how long they take.

    python benchmarks/tessellation.py [town ...]

Both get the same faces (blocks of a town that travels with the project, or of the folders given) and the same
buildings, drawn in by 0.4 m; momepy samples them every 0.5 m, as is its default, gridgis every metre. Cells are
compared by area, building by building; seconds are of the processor, on one core. Needs the extra ``bench``.
"""

from __future__ import annotations

import sys
import time
import warnings
from pathlib import Path

import geopandas as gpd
import momepy
import numpy as np
import shapely
from scipy.spatial import cKDTree

from gridgis.arrangement import arrange
from gridgis.cli.cases import find_files
from gridgis.linework import cutting_lines, find_clumps
from gridgis.tessellation import dividing_lines, sample_outlines

SPACING_M = 0.5
OURS_M = 1.0
"""Lines instead of cells need fewer points for the same areas."""
HOME = Path(__file__).parents[1] / "data" / "shapefiles"


def faces_and_footprints(folder):
    """Blocks with at least two buildings that lie wholly in them and touch no other."""
    layers = find_files(folder).read()
    faces = arrange(cutting_lines(layers).geometry, layers.boundary).faces
    footprints = find_clumps(layers).footprint
    footprints = footprints[shapely.get_num_geometries(footprints) == 1]
    # Only buildings that a line fits around, so that both have to divide the same space.
    pairs = shapely.STRtree(footprints).query(footprints, predicate="dwithin", distance=0.5)
    alone = np.bincount(pairs[0], minlength=len(footprints)) == 1
    footprints = footprints[alone & (shapely.area(shapely.buffer(footprints, -1.0)) > 1)]
    face, building = shapely.STRtree(footprints).query(faces, predicate="contains_properly")
    many = np.flatnonzero(np.bincount(face, minlength=len(faces)) > 1)
    return layers.crs, {f: (faces[f], footprints[building[face == f]]) for f in many}


def our_areas(blocks):
    areas = []
    for block, footprints in blocks.values():
        samples = sample_outlines(footprints, spacing_m=OURS_M)
        cells = arrange(dividing_lines(block, samples, smooth_m=0.0), block).faces
        owner = cKDTree(samples.xy).query(shapely.get_coordinates(shapely.point_on_surface(cells)))[1]
        areas.append(np.bincount(samples.owner[owner], shapely.area(cells), len(footprints)))
    return np.concatenate(areas)


def their_areas(blocks, crs):
    enclosures = gpd.GeoSeries([block for block, _ in blocks.values()], crs=crs)
    footprints = gpd.GeoSeries(np.concatenate([footprints for _, footprints in blocks.values()]), crs=crs)
    cells = momepy.enclosed_tessellation(
        footprints, enclosures, shrink=0.4, segment=SPACING_M, simplify=False, n_jobs=1
    )
    area = cells[cells.index >= 0].area
    return area.groupby(level=0).sum().reindex(range(len(footprints)), fill_value=0.0).to_numpy()


def main():
    warnings.filterwarnings("ignore")
    folders = [Path(name) for name in sys.argv[1:]] or [HOME / "kotka_karhula"]
    heads = ("blocks", "buildings", "momepy s", "gridgis s", "ratio", "worst m²", "> 1 m²")
    print(f"{'town':<20}" + "".join(f"{head:>11}" for head in heads))
    for folder in folders:
        crs, blocks = faces_and_footprints(folder)
        start = time.process_time()
        theirs = their_areas(blocks, crs)
        middle = time.process_time()
        ours = our_areas(blocks)
        end = time.process_time()
        off = np.abs(ours - theirs)
        figures = (
            f"{len(blocks):,}",
            f"{len(ours):,}",
            f"{middle - start:.2f}",
            f"{end - middle:.2f}",
            f"{(middle - start) / (end - middle):.1f}",
            f"{off.max():.3f}",
            f"{int((off > 1).sum()):,}",
        )
        print(f"{folder.name:<20}" + "".join(f"{figure:>11}" for figure in figures))


if __name__ == "__main__":
    main()
