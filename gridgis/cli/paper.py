"""``gridgis paper``: notice boards, contact cards and the atlas of a plan made earlier."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gridgis.cli.parameters import debug_option, language_option, output_option
from gridgis.cli.partition import check_folder
from gridgis.cli.saved_plan import saved_plan_options, take_saved_plan
from gridgis.cli.terminal import output_console, show_steps
from gridgis.languages import Said

if TYPE_CHECKING:
    from gridgis.languages import Language

KINDS = ("boards", "cards", "atlas")


@click.command("paper", short_help="Print notice boards, contact cards or an atlas of a plan.")
@saved_plan_options
@click.option(
    "--print",
    "kinds",
    type=click.Choice(KINDS),
    multiple=True,
    default=("boards",),
    show_default=True,
    help="What to print; can be given several times.",
)
@click.option("--size", type=click.Choice(["A4", "A3"]), default="A4", show_default=True, help="Of notice boards.")
@click.option(
    "--contacts",
    metavar="TABLE",
    help="People of the grids, .csv or .xlsx: columns grid, name, duty, office phone, photo (a file beside the table), "
    "or 网格, 姓名, 职务, 办公电话, 照片. No other column is read.",
)
@click.option("--since", metavar="PLAN", help="Only grids that this earlier plan has not, or has with another outline.")
@click.option(
    "--address",
    default="",
    metavar="URL",
    help="Page for residents that the QR code leads to; {code} in it stands for the grid's code.",
)
@click.option("--supervision-phone", default="", metavar="NUMBER", help="Whom residents call about the officers.")
@click.option("--duty", "duties", multiple=True, metavar="TEXT", help="A line of what the officers do, in your words.")
@click.option("--office", default="", metavar="NAME", help="Who issues it, for the foot of the page.")
@output_option()
@language_option
@debug_option
def command(
    kinds: tuple[str, ...],
    size: str,
    contacts: str | None,
    since: str | None,
    address: str,
    supervision_phone: str,
    duties: tuple[str, ...],
    office: str,
    output: str,
    language: Language,
    **given: Any,
) -> None:
    """Write boards.pdf, cards.pdf or atlas.pdf: vector pages with the fonts in them, one grid a page.

    PLAN is the folder that partition wrote; the layers are given again. What has more than 200 pages becomes several
    files. Cards have two sides, for a printer that prints both.
    """
    from gridgis.compare import read_division
    from gridgis.paper import Imprint, changed_since, read_contacts, write_prints
    from gridgis.plan import adopt_plan
    from gridgis.preview.style import short_codes

    check_folder(output)
    imprint = Imprint(
        language=language, address=address, supervision_phone=supervision_phone, duties=duties, office=office
    )
    saved, files, options = take_saved_plan(given)
    with show_steps(language) as progress:
        plan = adopt_plan(files.read(progress), options, retired=saved.retired)
        codes = plan.grids["code"].tolist()
        people = read_contacts(contacts, codes, short_codes(codes, options.parent_code)) if contacts else {}
        grids = None if since is None else changed_since(plan.grids, read_division(since).grids)
        written = write_prints(
            plan,
            Path(output),
            kinds=list(dict.fromkeys(kinds)),
            size=size,
            people=people,
            imprint=imprint,
            grids=grids,
            progress=progress,
        )
    count = len(codes) if grids is None else len(grids)
    said = Said("{count:,} grids printed: {files}", count=count, files=", ".join(str(file) for file in written))
    output_console().print(said.to(language), markup=False)
