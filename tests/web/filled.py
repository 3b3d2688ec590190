"""A store with something in every table, for tests of what must not lose any of it."""

import hashlib
import json
from datetime import UTC, date, datetime

import shapely
from gridgis_web.store import models as m
from gridgis_web.store.models import Base
from sqlalchemy import func, select

MOMENT = datetime(2026, 3, 1, 8, 30, 0, 123000, tzinfo=UTC)
NUMBERS = {"one": 1.0, "tiny": 1e-9, "huge": 1e22, "half": 0.5, "none": None, "list": [1, 2.5, True, "二", {"a": []}]}


def artifact(content, media_type="application/octet-stream"):
    return m.Artifact(
        sha256=hashlib.sha256(content).hexdigest(), media_type=media_type, size=len(content), content=content
    )


def whole(model, artifact_id, **given):
    """Return a row in which what must be there and is not given has some value."""
    for column in model.__table__.columns:
        if column.name in given or column.nullable or column.primary_key or column.default is not None:
            continue
        files = any(key.column.table.name == "artifact" for key in column.foreign_keys)
        given[column.name] = artifact_id if files else 1
    return model(**given)


def fill(store, *, buildings=30):
    """Put rows into every table, in an order that is not that of their keys where rows name each other."""
    squares = [shapely.box(120 + i / 1000, 30, 120 + (i + 0.7) / 1000, 30.001 + i / 1e6) for i in range(buildings)]
    with store.write() as session:
        content = [artifact(text.encode() * 400) for text in ("图层", "归属", "方案", "照片", "上传")]
        town = m.Jurisdiction(level="community", code="330106001001", name="样例社区", crs="EPSG:4549", geom=squares[0])
        session.add_all([*content, town])
        session.flush()
        above = m.Jurisdiction(level="subdistrict", code="330106001", name="样例街道", crs="EPSG:4549")
        session.add(above)
        session.flush()
        town.parent_id = above.id  # the parent has the higher key
        layers = m.LayerSet(
            jurisdiction_id=town.id, fingerprint="f" * 64, sources={"buildings": "楼栋.shp"}, repairs=[NUMBERS],
            buildings=buildings, households=buildings, population=2 * buildings, content_id=content[0].id,
        )  # fmt: skip
        session.add(layers)
        session.flush()
        session.add_all(
            m.Building(layer_set_id=layers.id, number=i, source_id=f"楼{i}", levels=None if i % 2 else 6.5,
                       households=1, population=2, measured=bool(i % 3), geom=square)
            for i, square in enumerate(squares)
        )  # fmt: skip
        units = whole(m.UnitSet, content[0].id, layer_set_id=layers.id, units=1, building_unit_id=content[1].id)
        session.add(units)
        session.flush()
        session.add(m.Unit(unit_set_id=units.id, number=0, households=1, population=2, buildings=1, geom=squares[0]))
        # the first was made of one that has the higher key
        plans = [
            whole(m.Plan, content[0].id,
                id=key, based_on_id=base, jurisdiction_id=town.id, layer_set_id=layers.id, unit_set_id=units.id,
                name=name, state=state, options=NUMBERS, seed=1, fingerprint="f" * 64,
                assignment_id=content[2].id, certificate={"holds": True},
                grids=1, households=1, population=2, valid_from=start, valid_to=end, published_at=MOMENT,
            )
            for key, base, name, state, start, end in (
                (7, None, "新", "published", date(2026, 3, 1), None),
                (4, 7, "旧", "superseded", date(2026, 1, 1), date(2026, 3, 1)),
            )
        ]  # fmt: skip
        for plan in plans:
            session.add(plan)
            session.flush()
        plans.reverse()
        grids = [
            m.Grid(
                plan_id=plan.id, number=0, code=f"G0{plan.id}", name="第一网格", households=1, population=2,
                buildings=1, area_m2=1234.5678901, bounds={"east": {"zh": "河", "en": "river"}}, colour=3,
                label_lon=120.1, label_lat=30.1,
                geojson=json.dumps(shapely.geometry.mapping(squares[1])), geom=squares[1],
            )
            for plan in plans
        ]  # fmt: skip
        session.add_all(grids)
        session.flush()
        incident = m.Incident(
            jurisdiction_id=town.id, grid_id=grids[1].id, code="E1", category="sanitation", state="reported",
            title="垃圾", reported_at=MOMENT, geom=shapely.Point(120.0005, 30.0005),
        )  # fmt: skip
        officer = m.Officer(jurisdiction_id=town.id, name="网格员甲", phone="000", photo_id=content[3].id)
        session.add_all([incident, officer])
        session.flush()
        account = m.Account(login="planner", password="$argon2id$", role="planner", officer_id=officer.id)
        session.add(account)
        session.flush()
        session.add_all([
            whole(m.PlanVisit, content[0].id, plan_id=plans[0].id, page="a1", login="planner"),
            whole(m.PlanStep, content[0].id, plan_id=plans[0].id, action="move", told={"households": 3}, content={}),
            m.RetiredCode(jurisdiction_id=town.id, code=grids[0].code, plan_id=plans[1].id),
            whole(m.Crosswalk, content[0].id, old_plan_id=plans[0].id, new_plan_id=plans[1].id,
                  old_code="G04", new_code="G07", buildings=1, building_list_id=content[4].id),
            m.IncidentEvent(incident_id=incident.id, at=MOMENT, who="public", kind="report", more={"a": None}),
            m.Attachment(incident_id=incident.id, artifact_id=content[3].id, name="照片.jpg"),
            m.FieldEntry(key="k", kind="report", officer_id=officer.id, jurisdiction_id=town.id, grid_id=grids[1].id,
                         incident_id=incident.id, building_id=1, done_at=MOMENT, lon=120.1, lat=30.1),
            m.PlaceName(layer_set_id=layers.id, kind="road", name="幸福路", lon=120.1, lat=30.1),
            m.Posting(officer_id=officer.id, jurisdiction_id=town.id, grid_code="G02", starts=date(2026, 3, 1)),
            m.GridNote(jurisdiction_id=town.id, grid_code="G07", text="东门检修"),
            m.Leave(officer_id=officer.id, starts=date(2026, 3, 2), ends=date(2026, 3, 9)),
            m.Token(account_id=account.id, name="hotline", digest="d" * 64, expires_at=MOMENT),
            m.EndedSession(account_id=account.id, stamp="5" * 32, ended_at=MOMENT),
            m.AuditEntry(at=MOMENT, who="cli", action="create", subject="plan", subject_id="1", after=NUMBERS),
            m.Job(kind="import", jurisdiction_id=town.id, given=NUMBERS, log=[["08:30", "行"]]),
            m.Upload(jurisdiction_id=town.id, files_id=content[4].id, report=[{"file": "楼栋.shp"}]),
        ])  # fmt: skip
    with store.read() as session:
        empty = [t.name for t in Base.metadata.sorted_tables if not session.scalar(select(func.count()).select_from(t))]
    assert empty == [], "something is to be in every table"
