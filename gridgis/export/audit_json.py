"""``audit.json``: the certificate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gridgis.export.plan_json import write_json
from gridgis.languages import Language

if TYPE_CHECKING:
    from gridgis.plan import Plan


def write_audit(plan: Plan, path: Path, *, language: Language = "zh") -> None:
    """Write what the audit found, with its verdict in both languages; micro-grids have a certificate of their own."""
    certificate = plan.certificate
    summary = {"summary_zh": certificate.summary("zh"), "summary_en": certificate.summary("en")}
    below = {} if plan.micro is None else {"micro_grids": plan.micro.certificate.to_dict()}
    write_json(certificate.to_dict() | summary | below, path)
