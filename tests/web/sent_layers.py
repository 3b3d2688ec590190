"""A small town as offices send it: shapefiles in GBK without .cpg, zipped under Chinese names; and hostile zips."""

import io
import warnings
import zipfile

import geopandas as gpd
import numpy as np
import shapely

CRS = "EPSG:4549"
X, Y = 500_000.0, 3_350_000.0


class AsWindowsDoes(zipfile.ZipInfo):
    """Writes its name in GBK, and does not say so."""

    def _encodeFilenameFlags(self):
        return self.filename.encode("gbk"), self.flag_bits


def write_town(folder, *, crs=CRS, names=("辖区边界", "楼栋", "道路")):
    """Write boundary, buildings and roads, and return the folder."""
    box = shapely.box(X, Y, X + 400, Y + 300)
    spots = [(X + 15 + 40 * i, Y + 20 + 70 * j) for i in range(10) for j in range(4)]
    houses = [shapely.box(x, y, x + 20, y + 12) for x, y in spots]
    roads = [
        shapely.LineString([(X, Y + 150), (X + 400, Y + 150)]),
        shapely.LineString([(X + 210, Y), (X + 210, Y + 300)]),
    ]
    frames = {
        names[0]: gpd.GeoDataFrame({"名称": ["样例社区"]}, geometry=[box], crs=crs),
        names[1]: gpd.GeoDataFrame(
            {"楼号": [f"{i + 1}号楼" for i in range(40)], "户数": np.full(40, 24), "人口": np.full(40, 60),
             "户主": ["某某"] * 40},
            geometry=houses, crs=crs,
        ),
        names[2]: gpd.GeoDataFrame({"路名": ["解放路", "人民路"], "highway": "residential"}, geometry=roads, crs=crs),
    }  # fmt: skip
    for name, frame in frames.items():
        with warnings.catch_warnings(action="ignore"):
            frame.to_file(folder / f"{name}.shp", encoding="GBK", engine="pyogrio")
        (folder / f"{name}.cpg").unlink()
        if crs is None:
            (folder / f"{name}.prj").unlink(missing_ok=True)
    return folder


def zipped(entries, *, kind=zipfile.ZipInfo, method=zipfile.ZIP_DEFLATED):
    """Return a zip of name -> bytes, or of (ZipInfo, bytes)."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in entries.items() if isinstance(entries, dict) else entries:
            entry = name if isinstance(name, zipfile.ZipInfo) else kind(name)
            entry.compress_type = method
            archive.writestr(entry, content)
    return made.getvalue()


def zipped_folder(folder, *, within="", kind=zipfile.ZipInfo):
    return zipped({within + file.name: file.read_bytes() for file in sorted(folder.iterdir())}, kind=kind)
