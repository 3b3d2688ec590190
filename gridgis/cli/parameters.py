"""Options that several commands share, and what becomes of them: layer files, plan options, settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Self

import click

from gridgis.cli.terminal import Progress, system_language
from gridgis.errors import InputError
from gridgis.languages import Language, Said, listed
from gridgis.options import COUNTS, LEVELS, PlanOptions
from gridgis.profiles import PROFILES, Band, Housing, Profile

if TYPE_CHECKING:
    import geopandas as gpd

    from gridgis.layers import Layers

Command = Callable[..., Any]


@dataclass
class Settings:
    """What holds for the whole run of the program."""

    debug: bool = False
    language: Language = "en"


def _read_band(ctx: click.Context, param: click.Parameter, value: str | None) -> Band | None:
    if value is None:
        return None
    try:
        return Band.parse(value)
    except InputError as error:
        raise click.BadParameter(error.faults[0]) from None


def _set_debug(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value:
        ctx.ensure_object(Settings).debug = True


def _read_columns(ctx: click.Context, param: click.Parameter, values: Sequence[str]) -> dict[str, str]:
    columns = {}
    for value in values:
        ours, equals, theirs = value.partition("=")
        if not (equals and ours.strip() and theirs.strip()):
            raise click.BadParameter(Said("“{value}” is not FIELD=COLUMN, e.g. households=户数", value=value))
        columns[ours.strip()] = theirs.strip()
    return columns


def _read_codes(ctx: click.Context, param: click.Parameter, values: Sequence[str]) -> dict[str, str]:
    codes = {}
    for value in values:
        level, equals, template = (part.strip() for part in value.partition("="))
        if not (equals and template):
            raise click.BadParameter(
                Said("“{value}” is not LEVEL=TEMPLATE, the level one of {levels}", value=value, levels=listed(LEVELS))
            )
        if level not in LEVELS:
            raise click.BadParameter(
                Said("“{level}” is no level; choose one of {levels}", level=level, levels=listed(LEVELS))
            )
        codes[level] = template
    return codes


debug_option = click.option(
    "--debug",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_set_debug,
    help="Show where an error came from.",
)

language_option = click.option(
    "--language",
    type=click.Choice(["zh", "en"]),
    default=system_language,
    show_default="as the system's",
    help="Language of tables, maps and reports.",
)


def output_option(default: str | None = None) -> Callable[[Command], Command]:
    """Return ``-o DIR``, required where it has no default."""
    return click.option(
        "-o",
        "--output",
        metavar="DIR",
        required=default is None,
        default=default,
        show_default=default is not None,
        help="Folder to write to; made where it is missing.",
    )


crs_option = click.option(
    "--crs", metavar="EPSG", help="Coordinate system of layers that do not say theirs, e.g. EPSG:4547."
)


@dataclass(frozen=True, kw_only=True)
class LayerFiles:
    """The files of one jurisdiction's layers."""

    boundary: str
    buildings: str
    roads: str | None = None
    barriers: tuple[str, ...] = ()
    compounds: tuple[str, ...] = ()
    communities: str | gpd.GeoDataFrame | None = None
    existing: str | None = None
    census: str | None = None
    crs: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def take(cls, given: dict[str, Any]) -> Self:
        """Take the files out of a command's values."""
        return cls(**{entry.name: given.pop(entry.name) for entry in fields(cls) if entry.name in given})

    def read(self, progress: Progress | None = None) -> Layers:
        """Read them all; raises InputError with every fault there is."""
        import gridgis

        return gridgis.read_layers(
            boundary=self.boundary,
            buildings=self.buildings,
            roads=self.roads,
            barriers=self.barriers,
            compounds=self.compounds,
            communities=self.communities,
            existing=self.existing,
            census=self.census,
            columns=self.columns,
            crs=self.crs,
            progress=progress,
        )


column_option = click.option(
    "--column",
    "columns",
    metavar="FIELD=COLUMN",
    multiple=True,
    callback=_read_columns,
    help="Which column of the buildings holds a field, e.g. households=户数. May be given several times.",
)


def layer_options(*, roads_required: bool) -> Callable[[Command], Command]:
    """Add the options that name layers; `LayerFiles.take` reads them.

    Each takes ``FILE|layername=NAME|where=COLUMN=VALUE``: the layer of a file that has several, and which of its rows.
    """
    return _together(
        click.option("--boundary", metavar="FILE", required=True, help="The jurisdiction: one or more polygons."),
        click.option("--buildings", metavar="FILE", required=True, help="Buildings' footprints: polygons."),
        click.option("--roads", metavar="FILE", required=roads_required, help="Roads, streets, ways: lines."),
        click.option(
            "--barriers",
            metavar="FILE",
            multiple=True,
            help="Rivers, railways, water, walls, land use: lines or polygons. May be given several times.",
        ),
        click.option(
            "--compounds",
            metavar="FILE",
            multiple=True,
            help="Compounds, villager groups, institutions, kept whole: polygons. Columns kind, profile and dedicated "
            "(yes or no: a grid of its own) count. May be given several times.",
        ),
        click.option("--census", metavar="FILE", help="Areas with people or households, spread over the buildings."),
        column_option,
        crs_option,
    )


def given_areas(command: Command) -> Command:
    """Add the layers of areas that bind a plan; `LayerFiles.take` reads them."""
    return _together(
        click.option(
            "--communities",
            metavar="FILE",
            help="Communities, whose edges no grid crosses: polygons with a name or code.",
        ),
        click.option(
            "--existing", metavar="FILE", help="Grids of an existing plan: polygons with a code, e.g. its grids.gpkg."
        ),
    )(command)


lock_option = click.option(
    "--lock",
    metavar="CODE",
    multiple=True,
    help="Code of an existing grid that stays exactly as it is. May be given several times.",
)


def band_options(command: Command) -> Command:
    """Add the two bands."""
    return _together(
        click.option(
            "--households", metavar="LOW:HIGH", callback=_read_band, help="Households a grid must hold, e.g. 300:500."
        ),
        click.option(
            "--population", metavar="LOW:HIGH", callback=_read_band, help="People a grid must hold, e.g. 1000:1500."
        ),
    )(command)


def count_options(command: Command) -> Command:
    """Add what decides how households and people are estimated."""
    return _together(
        click.option("--total-population", type=float, metavar="N", help="Known total that estimates are scaled to."),
        click.option("--total-households", type=float, metavar="N", help="Known total that estimates are scaled to."),
        click.option(
            "--household-size",
            type=float,
            metavar="N",
            default=PlanOptions.household_size,
            show_default=True,
            help="People per household, where only one of the two is known.",
        ),
    )(command)


def search_options(command: Command) -> Command:
    """Add what guides the search, with shapes or without."""
    return _together(
        click.option(
            "--objective",
            type=click.Choice(["balance", "cut-edges", "cut-length"]),
            default=PlanOptions.objective,
            show_default=True,
            help="What is best among plans that keep the bands: equal load, fewest neighbours parted, shortest lines.",
        ),
        click.option(
            "--method",
            type=click.Choice(["search", "exact"]),
            default=PlanOptions.method,
            show_default=True,
            help="exact: for small areas, proven the best, or how much better a plan could be.",
        ),
        click.option("--time-limit", "time_limit_s", type=float, metavar="SECONDS", help="End the search after this."),
        click.option("--seed", type=int, default=PlanOptions.seed, show_default=True, help="Same seed, same plan."),
    )(command)


def size_options(command: Command) -> Command:
    """Add housing types, and which bands are soft."""
    return _together(
        click.option(
            "--profiles",
            metavar="FILE",
            help="Housing types, each with its own size of grid, and rules which building is of which: TOML. "
            "Takes the place of --profile, --households and --population.",
        ),
        click.option(
            "--soft",
            type=click.Choice(COUNTS),
            multiple=True,
            help="A count whose band is aimed at, but may be broken. May be given twice.",
        ),
    )(command)


def level_options(command: Command) -> Command:
    """Add what is asked for above and below the grids, and its codes."""
    return _together(
        click.option(
            "--sectors", metavar="LOW:HIGH", callback=_read_band, help="Make sectors of so many grids, e.g. 3:5."
        ),
        click.option(
            "--micro-grids",
            "micro",
            metavar="LOW:HIGH",
            callback=_read_band,
            help="Make micro-grids of so many households inside each grid, e.g. 40:80.",
        ),
        click.option(
            "--code",
            "codes",
            metavar="LEVEL=TEMPLATE",
            multiple=True,
            callback=_read_codes,
            help="How a level's codes are made up, e.g. grid={parent}{number:03}. "
            f"Levels: {', '.join(LEVELS)}. May be given several times.",
        ),
    )(command)


def _weight_option(name: str, what: str) -> Callable[[Command], Command]:
    return click.option(
        f"--{name}",
        type=float,
        metavar="WEIGHT",
        default=getattr(PlanOptions, name),
        show_default=True,
        help=f"How much {what} counts; 0 leaves it out.",
    )


def plan_options(command: Command) -> Command:
    """Add the options that decide a plan; `take_options` reads them."""
    return _together(
        band_options,
        click.option(
            "--profile",
            type=click.Choice(list(PROFILES)),
            help="A ready-made pair of bands. "
            + "; ".join(f"{name}: {_bands(profile)}" for name, profile in PROFILES.items())
            + ". Without a profile, a band or --grids, it is urban.",
        ),
        click.option("--grids", type=int, metavar="K", help="Exactly this many grids; alone, it replaces the bands."),
        size_options,
        level_options,
        count_options,
        click.option(
            "--unit-share",
            type=float,
            metavar="SHARE",
            default=PlanOptions.unit_share,
            show_default=True,
            help="A block is divided when it holds more than this share of a grid's upper bound.",
        ),
        click.option(
            "--effort",
            type=float,
            metavar="FACTOR",
            default=PlanOptions.effort,
            show_default=True,
            help="How hard to search; the time grows with it.",
        ),
        search_options,
        _weight_option("balance", "equal load"),
        _weight_option("compactness", "compact shape"),
        _weight_option("lines", "boundaries along lines that can be seen"),
        click.option("--parent-code", default="", metavar="CODE", help="Code of the community; grids' codes begin so."),
    )(command)


def take_options(given: dict[str, Any], **more: Any) -> PlanOptions:
    """Take checked options out of a command's values.

    Bands that nobody gave come from the profile, or are the urban default; but one band alone holds
    alone, and so does a number of grids. Of a file of profiles, every size comes from there.
    """
    housing = _take_housing(given)
    names = {entry.name for entry in fields(PlanOptions)}
    values = {name: given.pop(name) for name in names & given.keys()} | more
    profile = given.pop("profile", None)
    bands = {name: values.pop(name, None) for name in ("households", "population")}
    chosen = {name: band for name, band in bands.items() if band is not None}
    if housing is not None:
        return PlanOptions(**bands, housing=housing, **values)
    if profile is not None:
        return PlanOptions.from_profile(profile, **chosen, **values)
    if chosen or values.get("grids") is not None:
        return PlanOptions(**bands, **values)
    return PlanOptions(**values)


def _take_housing(given: dict[str, Any]) -> Housing | None:
    path = given.pop("profiles", None)
    if path is None:
        return None
    beside = [f"--{name}" for name in ("profile", "households", "population") if given.get(name) is not None]
    if beside:
        raise InputError(
            Said(
                "--profiles says how large grids are, and so does {beside}; leave one of them out (default = "
                "“NAME” in the file is the profile of all buildings that no rule fits)",
                beside=listed(beside, "and"),
            )
        )
    return Housing.read(path)


def _bands(profile: Profile) -> str:
    bands = {"households": profile.households, "people": profile.population}
    return ", ".join(f"{band} {what}" for what, band in bands.items() if band is not None)


def _together(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Add several options at once, in the order in which help lists them."""

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add
