"""An OpenStreetMap extract becomes layers: whole buildings, assembled areas, cut lines."""

import geopandas as gpd
import osmium
import pytest
import shapely
from osmium.osm.mutable import Node, Relation, Way
from shapely import box

from gridgis.errors import InputError
from gridgis.inputs import read_layer, read_layers
from gridgis.inputs.osm import extract_osm

METRE = 1e-5  # degrees of latitude, and at the equator of longitude: about 1.11 m


class Town:
    """Writes objects to a .osm.pbf; places are in steps of about a metre from a corner."""

    def __init__(self, path):
        self.nodes, self.ways, self.relations = [], [], []
        self.path = path

    def node(self, x, y):
        self.nodes.append(Node(id=len(self.nodes) + 1, location=(100 + x * METRE, 0.5 + y * METRE), version=1))
        return len(self.nodes)

    def way(self, corners, closed=False, **tags):
        refs = [self.node(x, y) for x, y in corners]
        self.ways.append(Way(id=len(self.ways) + 1, nodes=refs + refs[:1] * closed, tags=spelt(tags), version=1))
        return len(self.ways)

    def rectangle(self, x, y, width, height, **tags):
        return self.way([(x, y), (x + width, y), (x + width, y + height), (x, y + height)], closed=True, **tags)

    def relation(self, members, **tags):
        named = [("w", way, role) for way, role in members]
        tags = {"type": "multipolygon", **spelt(tags)}
        self.relations.append(Relation(id=len(self.relations) + 1, members=named, tags=tags, version=1))

    def write(self, *, without=()):
        header = osmium.io.Header()
        header.add_box(osmium.osm.Box(100, 0.5, 100 + 1000 * METRE, 0.5 + 1000 * METRE))
        self.path.unlink(missing_ok=True)
        with osmium.SimpleWriter(str(self.path), header=header) as out:
            for node in self.nodes:
                if node.id not in without:
                    out.add_node(node)
            for way in self.ways:
                out.add_way(way)
            for relation in self.relations:
                out.add_relation(relation)
        return self.path


def spelt(tags):
    return {key.replace("__", ":"): value for key, value in tags.items()}


@pytest.fixture
def town(tmp_path):
    town = Town(tmp_path / "town.osm.pbf")
    town.rectangle(100, 100, 20, 20, building="apartments", building__levels="6", name="一号楼")
    town.rectangle(200, 100, 20, 20, building="no")
    outer = town.rectangle(300, 300, 60, 60)
    inner = town.rectangle(320, 320, 20, 20)
    town.relation([(outer, "outer"), (inner, "inner")], building="yes", shop="mall")
    town.way([(-300, 500), (1300, 500)], highway="primary", name="人民路")
    town.way([(0, 520), (900, 520)], highway="residential", ref="X1")
    town.way([(0, 540), (900, 540)], highway="construction")
    town.way([(10, 10), (20, 10)], highway="footway", indoor="yes")
    town.way([(0, 600), (900, 600)], railway="rail", tunnel="yes")
    town.way([(0, 620), (900, 620)], railway="abandoned")
    town.way([(0, 700), (900, 700)], waterway="canal", name="运河")
    town.rectangle(700, 100, 90, 90, natural="water", name="西湖")
    town.rectangle(80, 80, 200, 100, landuse="residential", name="幸福小区")
    town.rectangle(80, 80, 205, 105, barrier="fence")
    half = [town.way([(50, 50), (950, 50), (950, 450)]), town.way([(950, 450), (50, 450), (50, 50)])]
    # the two ways share corners, so that they close to a ring
    first, second = (town.ways[n - 1].nodes for n in half)
    town.ways[half[1] - 1] = Way(id=half[1], nodes=[first[-1], second[1], first[0]], tags={}, version=1)
    names = {"name": "Happiness", "name__zh": "幸福社区", "admin_level": "10"}
    town.relation([(half[0], "outer"), (half[1], "outer")], boundary="administrative", **names)
    return town


def test_layers_of_the_whole_extract(town, tmp_path):
    files = extract_osm(town.write(), tmp_path / "out")
    assert list(files) == ["boundary", "buildings", "roads", "barriers", "water", "landuse", "compounds"]
    read = {layer: gpd.read_file(path) for layer, path in files.items()}
    assert all(frame.crs.to_epsg() == 32647 for frame in read.values())
    assert read["buildings"]["osm_id"].tolist() == ["w1", "r1"]
    assert read["buildings"]["levels"].tolist()[0] == 6
    assert len(read["buildings"].geometry.iloc[1].interiors) == 1
    assert read["roads"]["name"].tolist() == ["人民路", "X1"]
    assert read["barriers"][["railway", "waterway", "barrier"]].fillna("").sum(axis=1).tolist() == [
        "rail", "canal", "fence",
    ]  # fmt: skip
    assert read["barriers"]["tunnel"].tolist()[0] == "yes"
    assert read["water"]["name"].tolist() == ["西湖"]
    assert read["compounds"]["name"].tolist() == ["幸福小区"]


def test_lines_are_cut_off_sixty_metres_outside_and_buildings_stay_whole(town, tmp_path):
    town.rectangle(990, 200, 15, 15, building="yes")
    files = extract_osm(town.write(), tmp_path / "out")
    shape = gpd.read_file(files["boundary"]).geometry.iloc[0]
    road = gpd.read_file(files["roads"]).geometry.iloc[0]
    assert shapely.distance(shape, shapely.Point(road.coords[0])) == pytest.approx(60, abs=0.5)
    edge = gpd.read_file(files["buildings"]).geometry.iloc[-1]
    assert not shape.covers(edge)
    assert edge.area == pytest.approx(15 * 15 * 1.11**2, rel=0.02)


@pytest.mark.parametrize("name", ["幸福社区", "happiness", "r2"])
def test_an_area_of_the_extract_by_any_of_its_names(town, tmp_path, name):
    files = extract_osm(town.write(), tmp_path / "out", area=name)
    shape = gpd.read_file(files["boundary"]).geometry.iloc[0]
    assert shape.area == pytest.approx(900 * 400 * 1.11**2, rel=0.02)
    assert "w1" in gpd.read_file(files["buildings"])["osm_id"].tolist()
    top = gpd.read_file(files["roads"]).total_bounds[3] if "roads" in files else shape.bounds[3]
    assert top <= shape.bounds[3] + 61


def test_areas_that_are_not_there(town, tmp_path):
    with pytest.raises(InputError, match="did you mean Happiness"):
        extract_osm(town.write(), tmp_path / "out", area="Hapiness")
    with pytest.raises(InputError, match="is cut off by the extract's edge"):
        extract_osm(town.write(without={town.ways[-1].nodes[1]}), tmp_path / "out", area="Happiness")
    with pytest.raises(InputError, match="both a boundary and the name"):
        extract_osm(town.path, tmp_path / "out", area="Happiness", boundary="b.gpkg")
    with pytest.raises(InputError, match="there is no such file"):
        extract_osm(tmp_path / "none.pbf", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_boundary_that_is_given(town, tmp_path):
    given = gpd.GeoDataFrame(geometry=[box(100, 0.5, 100 + 250 * METRE, 0.5 + 250 * METRE)], crs=4326)
    files = extract_osm(town.write(), tmp_path / "out", boundary=given, name="一角")
    assert gpd.read_file(files["buildings"])["osm_id"].tolist() == ["w1"]
    assert gpd.read_file(files["boundary"])["name"].tolist() == ["一角"]
    nowhere = given.set_geometry([box(10, 10, 11, 11)])
    with pytest.raises(InputError, match="no buildings inside the boundary"):
        extract_osm(town.path, tmp_path / "nowhere", boundary=nowhere)
    assert not (tmp_path / "nowhere").exists()


def test_shapefiles_keep_their_chinese_and_their_bytes(town, tmp_path):
    town.write()
    files = extract_osm(town.path, tmp_path / "a", fmt="shp")
    extract_osm(town.path, tmp_path / "b", fmt="shp")
    for part in (tmp_path / "a").iterdir():
        assert part.read_bytes() == (tmp_path / "b" / part.name).read_bytes()
    assert files["buildings"].with_suffix(".cpg").read_text() == "UTF-8"
    frame = gpd.read_file(files["buildings"], encoding="utf-8")
    assert frame["name"].tolist()[0] == "一号楼"
    assert all(len(column.encode()) <= 10 for path in files.values() for column in gpd.read_file(path).columns[:-1])
    assert not [part for part in (tmp_path / "a").iterdir() if part.name.startswith(".")]


def test_roads_at_the_extracts_edge_keep_what_is_known_of_them(town, tmp_path):
    way = town.way([(0, 800), (500, 800), (600, 800), (900, 800)], highway="service")
    pond = town.rectangle(900, 900, 80, 80, natural="water", name="半塘")
    lost = {town.ways[way - 1].nodes[-1], town.ways[pond - 1].nodes[2]}
    files = extract_osm(town.write(without=lost), tmp_path / "out")
    road = gpd.read_file(files["roads"]).iloc[-1]
    assert road["highway"] == "service"
    assert road.geometry.length == pytest.approx(600 * 1.11, rel=0.02)
    assert "半塘" in gpd.read_file(files["water"])["name"].tolist()


def test_an_extract_serves_as_every_layer_and_its_files_say_the_same(town, tmp_path):
    path = town.write()
    straight = read_layers(boundary=path, buildings=path, roads=path, barriers=[path], compounds=path)
    files = extract_osm(path, tmp_path / "out")
    taken = read_layers(
        boundary=files["boundary"], buildings=files["buildings"], roads=files["roads"],
        barriers=[files[layer] for layer in ("barriers", "water", "landuse")], compounds=files["compounds"],
    )  # fmt: skip
    assert straight.buildings["source_id"].tolist() == taken.buildings["source_id"].tolist()
    assert straight.lines["kind"].value_counts().to_dict() == taken.lines["kind"].value_counts().to_dict()
    assert straight.attribution == taken.attribution == "© OpenStreetMap contributors (ODbL)"
    assert taken.lines.query("kind == 'rail'")["tunnel"].all()
    assert set(read_layer(path, layer="roads")["highway"]) == {"primary", "residential"}
