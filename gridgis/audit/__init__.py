"""Grids and the layers they were drawn for -> a certificate, recomputed from geometry alone.

The audit trusts nothing that made the grids: it takes polygons, also those of another
program, and measures them against the jurisdiction, its buildings and its lines.
"""

from gridgis.audit.certificate import Certificate
from gridgis.audit.judge import audit_grids
from gridgis.audit.levels import Sectors

__all__ = ["Certificate", "Sectors", "audit_grids"]
