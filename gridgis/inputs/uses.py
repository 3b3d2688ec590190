"""What buildings are used for: tags and words, English and Chinese, to one of `features.USES`."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from gridgis.inputs.columns import find_column, find_columns

_TAGS: Mapping[str, str] = {
    tag: use
    for use, tags in {
        "detached": "house detached bungalow cabin farm villa static_caravan houseboat ger stilt_house tree_house trullo "
        "single_family chalet cottage farmhouse",
        "terrace": "terrace semidetached_house semi semidetached duplex row_house rowhouse townhouse terraced",
        "apartments": "apartments apartment flats flat multifamily multi_family tower_block condominium",
        "residential": "residential block dwelling housing dwelling_house",
        "dormitory": "dormitory barracks monastery convent nursing_home retirement_home social_facility student_housing",
        "mixed": "mixed mixed_use mix",
        "unknown": "yes building unknown other unclassified no undefined 1 true",
        "outbuilding": "garage garages carport shed roof hut greenhouse storage_tank barn stable sty cowshed "
        "farm_auxiliary service toilets bunker container tent ruins collapsed canopy outbuilding guardhouse "
        "allotment_house boathouse pergola transformer_tower water_tower silo parking slurry_tank digester "
        "elevator bicycle_parking shelter gazebo annexe conservatory tank chimney gatehouse substation bridge wall "
        "tower gate city_gate storage swimming_pool static parking_entrance",
        "nonresidential": "commercial retail industrial office offices school university college kindergarten hospital "
        "hotel public civic church chapel cathedral mosque temple synagogue shrine religious train_station "
        "transportation warehouse supermarket kiosk government fire_station police stadium sports_hall sports_centre "
        "grandstand pavilion hangar construction museum library theatre cinema bank bar restaurant cafe fast_food pub "
        "marketplace place_of_worship embassy attraction townhall courthouse clinic doctors pharmacy fuel bus_station "
        "post_office community_centre arts_centre casino nightclub prison factory works manufacture shop mall station "
        "terminal airport data_center laboratory research_institute conference_centre hostel motel guest_house ship "
        "ferry_terminal ice_rink riding_hall swimming_hall crematorium mortuary presbytery castle palace fort "
        "triumphal_arch ruins_of brewery winery gym fitness_centre car_wash car_repair parking_garage "
        "education educational medical healthcare institutional military "
        "recycling studio events_venue exhibition_centre dentist veterinary childcare entertainment outdoor",
    }.items()
    for tag in tags.split()
}

_WORDS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(words, re.IGNORECASE), use)
    for words, use in (
        (r"非住宅|非居住|non.?resid", "nonresidential"),
        (r"商住|住商|底商|商住两用|mixed|混合", "mixed"),
        (r"车库|车棚|停车|门卫|岗亭|传达室|配电|变电|泵房|锅炉|公厕|厕所|杂物|储藏|棚房|简易房|附属|garage|shed|carport", "outbuilding"),
        (r"宿舍|集体户|养老院|敬老院|福利院|dorm|nursing|retirement", "dormitory"),
        (r"联排|连排|叠拼|双拼|terrace|town.?house|row.?hous", "terrace"),
        (r"别墅|独栋|平房|民房|农房|农宅|自建房|村民住|单层住宅|single.?family|detached|bungalow", "detached"),
        (r"公寓|高层住|多层住|小高层|单元楼|楼房住|multi.?family|apartment|condo|flats", "apartments"),
        (r"住宅|居民楼|居民|住房|居住|家属|住户|民居|安置房|宅|resid|dwelling|housing", "residential"),
        (r"商业|商务|商铺|商场|商店|商贸|超市|市场|酒店|宾馆|旅馆|饭店|餐饮|办公|写字楼|工业|工厂|厂房|厂区|车间|仓库|仓储|物流|学校|"
         r"教学|教育|幼儿园|大学|中学|小学|医院|医疗|诊所|卫生|政府|机关|行政|公共|公服|文化|体育|图书|博物|展览|剧院|影院|银行|金融|"
         r"派出所|公安|消防|交通|车站|地铁|机场|加油|邮政|宗教|寺|教堂|庙|养殖|企业|单位|科研|军事|在建|施工|服务", "nonresidential"),
        (r"commerc|retail|office|industr|school|hospital|public|govern|institut|warehouse|hotel|church", "nonresidential"),
        (r"综合", "mixed"),
    )
)  # fmt: skip

_LIVED_IN = ("detached", "terrace", "apartments", "residential", "dormitory")
_KEPT_AMENITIES = {
    "parking",
    "shelter",
    "toilets",
    "bicycle_parking",
    "waste_disposal",
    "recycling",
    "bench",
    "fountain",
}


def use_of(value: object) -> str | None:
    """Return the use class of one tag or word, or None when it says nothing known."""
    text = str(value).strip().casefold()
    if not text:
        return None
    parts = [part.strip().replace(" ", "_").replace("-", "_") for part in re.split(r"[;,/、，；]", text)]
    found = {_TAGS.get(part) or _by_word(part) for part in parts if part}
    found.discard(None)
    known = found - {"unknown"}
    if any(use in known for use in _LIVED_IN) and "nonresidential" in known:
        return "mixed"
    if known:
        return next(use for use in (*_LIVED_IN, "mixed", "nonresidential", "outbuilding") if use in known)
    return "unknown" if found else None


def building_uses(frame: pd.DataFrame, columns: Mapping[str, str] | None = None) -> pd.Series:
    """Return each building's use class, one of `features.USES` (index as `frame`).

    The column that states the use decides; then OpenStreetMap's ``building``;
    ``amenity``, ``shop`` and ``office`` make a plain building non-residential
    and one where people live mixed.
    """
    stated = [columns["use"]] if columns and columns.get("use") in frame.columns else find_columns(frame, "use")
    result = pd.Series("unknown", index=frame.index, dtype=object)
    for column in [*stated, *find_columns(frame, "building")]:
        if column == "landuse":
            continue
        uses = _mapped(frame[column])
        open_rows = result == "unknown"
        result = result.where(~open_rows | uses.isna(), uses)
    for field in ("amenity", "shop", "office"):
        column = find_column(frame, field)
        if column is None:
            continue
        filled = frame[column].notna() & ~frame[column].astype(str).str.casefold().isin(("", "no"))
        uses = _mapped(frame[column]) if field == "amenity" else pd.Series("nonresidential", index=frame.index)
        minor = uses.isin(("outbuilding",)) | frame[column].isin(_KEPT_AMENITIES)
        plain = filled & (result == "unknown")
        result[plain] = uses[plain].fillna("nonresidential")
        result[filled & ~minor & result.isin(_LIVED_IN[:4]) & ~(uses == "dormitory")] = "mixed"
    return result


def _mapped(values: pd.Series) -> pd.Series:
    known = {value: use_of(value) for value in values.dropna().unique()}
    return values.astype(object).map(known).astype(object)


def _by_word(text: str) -> str | None:
    return next((use for pattern, use in _WORDS if pattern.search(text)), None)
