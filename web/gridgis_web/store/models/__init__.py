"""The tables, by topic."""

from gridgis_web.store.models.base import Base, now
from gridgis_web.store.models.fieldwork import FieldEntry
from gridgis_web.store.models.incidents import Attachment, Incident, IncidentEvent
from gridgis_web.store.models.people import Account, AuditEntry, EndedSession, GridNote, Leave, Officer, Posting, Token
from gridgis_web.store.models.places import Artifact, Building, Jurisdiction, LayerSet, PlaceName, Unit, UnitSet
from gridgis_web.store.models.plans import Crosswalk, Grid, Plan, PlanStep, PlanVisit, RetiredCode
from gridgis_web.store.models.work import Job, Upload

__all__ = [
    "Account",
    "Artifact",
    "Attachment",
    "AuditEntry",
    "Base",
    "Building",
    "Crosswalk",
    "EndedSession",
    "FieldEntry",
    "Grid",
    "GridNote",
    "Incident",
    "IncidentEvent",
    "Job",
    "Jurisdiction",
    "LayerSet",
    "Leave",
    "Officer",
    "PlaceName",
    "Plan",
    "PlanStep",
    "PlanVisit",
    "Posting",
    "RetiredCode",
    "Token",
    "Unit",
    "UnitSet",
    "Upload",
    "now",
]
