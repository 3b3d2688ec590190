"""The pages people see; each a blueprint in a file of its own, with a template of the same name."""

from flask import Blueprint

from gridgis_web.pages import (
    account,
    audit,
    compare,
    fieldwork,
    home,
    login,
    next_year,
    officers,
    people,
    places,
    workbench,
)

PAGES: tuple[Blueprint, ...] = (
    home.PAGE,
    fieldwork.PAGE,
    places.PAGE,
    workbench.PAGE,
    compare.PAGE,
    next_year.PAGE,
    officers.PAGE,
    login.PAGE,
    account.PAGE,
    people.PAGE,
    audit.PAGE,
)
