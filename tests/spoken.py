"""What a package says to people, found in its source, against its catalogue."""

import ast
from pathlib import Path
from string import Formatter

from babel.messages.extract import extract_from_dir

from gridgis.languages import read_catalogue

METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
SCRIPTS = Path(__file__).parent.parent / "web" / "frontend" / "src"
KEYWORDS = {
    "gettext": None,
    "lazy_gettext": None,
    "_": None,
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
}


def catalogue_of(package):
    return [message for message in read_catalogue("zh", [package / "translations"]) if message.id]


def calls(package):
    """Give every ``Said(…)`` of the source with its place."""
    for file in sorted(Path(package).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Said":
                yield f"{file.relative_to(package).as_posix()}:{node.lineno}", node


def used_words(package):
    pages = {
        message: f"{file}:{line}"
        for file, line, message, _, _ in extract_from_dir(package, method_map=METHODS, keywords=KEYWORDS)
    }
    return pages | {node.args[0].value: place for place, node in calls(package) if stands(node)}


def stands(node):
    return bool(node.args) and isinstance(node.args[0], ast.Constant)


def script_words():
    """Return what the front end says, with the folder of its sources that says it."""
    found = extract_from_dir(SCRIPTS, method_map=[("**.js", "javascript")], keywords=KEYWORDS)
    return {(Path(file).parent.name, message) for file, _, message, _, _ in found}


def missing(package):
    """Return what the source says and the catalogue lacks, with the place."""
    there = {message.id for message in catalogue_of(package) if message.string and not message.fuzzy}
    return {word: place for word, place in used_words(package).items() if word not in there}


def spare(package):
    """Return what the catalogue has and nobody says."""
    return {message.id for message in catalogue_of(package)} - used_words(package).keys()


def names(template):
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


def differing(package):
    """Return templates whose translation has other values, by name."""
    # those with %( are checked by Babel, as are plural forms
    templates = [m for m in catalogue_of(package) if isinstance(m.id, str) and "%(" not in m.id]
    return {message.id: message.string for message in templates if names(message.id) != names(message.string)}


def hidden(package):
    """Return the places where a template does not stand in the call itself, so that no test could find it."""
    return [place for place, node in calls(package) if not stands(node)]
