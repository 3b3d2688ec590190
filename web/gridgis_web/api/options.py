"""What a plan is asked for, as requests say it."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from gridgis.errors import InputError
from gridgis.languages import Said
from gridgis.options import COUNTS, LEVELS, OBJECTIVES, PlanOptions
from gridgis_web.api.fields import about

BAND: dict[str, Any] = {"validate": ma.validate.Length(3, 40), "allow_none": True}
ABOVE_0: dict[str, Any] = {"validate": ma.validate.Range(min=0, min_inclusive=False), "allow_none": True}
WEIGHT: dict[str, Any] = {"validate": ma.validate.Range(min=0)}


class OptionsIn(ma.Schema):
    """What a plan is asked for; what is left out is as the program, or the plan that is followed, has it."""

    households = ma.fields.String(**BAND, metadata=about("Of every grid, LOW:HIGH; null: any number"))
    population = ma.fields.String(**BAND, metadata=about("Of every grid, LOW:HIGH; null: any number"))
    grids = ma.fields.Integer(validate=ma.validate.Range(1, 100_000), allow_none=True)
    household_size = ma.fields.Float(validate=ma.validate.Range(min=0, min_inclusive=False))
    total_population = ma.fields.Float(**ABOVE_0)
    total_households = ma.fields.Float(**ABOVE_0)
    unit_share = ma.fields.Float(validate=ma.validate.Range(min=0, min_inclusive=False))
    method = ma.fields.String(validate=ma.validate.Length(1, 40))
    objective = ma.fields.String(validate=ma.validate.OneOf(OBJECTIVES))
    balance = ma.fields.Float(**WEIGHT)
    compactness = ma.fields.Float(**WEIGHT)
    lines = ma.fields.Float(**WEIGHT)
    effort = ma.fields.Float(validate=ma.validate.Range(min=0, min_inclusive=False))
    time_limit_s = ma.fields.Float(**ABOVE_0)
    seed = ma.fields.Integer(validate=ma.validate.Range(0, 2**32 - 1))
    housing = ma.fields.Dict(keys=ma.fields.String(), allow_none=True, metadata=about("Several housing types"))
    soft = ma.fields.List(ma.fields.String(validate=ma.validate.OneOf(COUNTS)))
    sectors = ma.fields.String(**BAND, metadata=about("Grids of a sector, LOW:HIGH"))
    micro = ma.fields.String(**BAND, metadata=about("Households of a micro-grid, LOW:HIGH"))
    lock = ma.fields.List(ma.fields.String(validate=ma.validate.Length(1, 40)), metadata=about("Codes of grids"))
    parent_code = ma.fields.String(
        validate=ma.validate.Length(max=30), metadata=about("Before each grid's number; the jurisdiction's code else")
    )
    codes = ma.fields.Dict(
        keys=ma.fields.String(validate=ma.validate.OneOf(LEVELS)),
        values=ma.fields.String(validate=ma.validate.Length(1, 100)),
        metadata=about("Level -> template of its codes"),
    )


def checked(options: dict[str, Any]) -> dict[str, Any]:
    """Return options that can be asked for; raises InputError."""
    try:
        PlanOptions.from_dict(options)
    except (TypeError, ValueError, AttributeError) as error:
        raise InputError(
            Said("these options cannot be read ({error}); see OptionsIn in the description", error=error)
        ) from None
    return options
