"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from gridgis_web.store.geometry import Geometry
from gridgis_web.store.migrations.features import begin_features, forget_features, index_features
from gridgis_web.store.migrations.published import guard_published, unguard_published
from gridgis_web.store.models.base import Json, UtcTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FEATURES = {
    "jurisdiction": "MULTIPOLYGON",
    "building": "MULTIPOLYGON",
    "unit": "MULTIPOLYGON",
    "grid": "MULTIPOLYGON",
    "incident": "POINT",
}


def upgrade() -> None:
    """Make them all."""
    begin_features()
    op.create_table(
        "artifact",
        sa.Column("id", KEY, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=120), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_artifact"),
        sa.UniqueConstraint("sha256", name="uq_artifact_sha256"),
    )
    op.create_table(
        "audit_entry",
        sa.Column("id", KEY, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("who", sa.String(length=80), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.String(length=40), nullable=False),
        sa.Column("before", Json(), nullable=True),
        sa.Column("after", Json(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entry"),
    )
    op.create_index("ix_audit_entry_at", "audit_entry", ["at"], unique=False)
    op.create_index("ix_audit_entry_subject_subject_id", "audit_entry", ["subject", "subject_id"], unique=False)
    op.create_table(
        "jurisdiction",
        sa.Column("id", KEY, nullable=False),
        sa.Column("parent_id", KEY, nullable=True),
        sa.Column("level", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("crs", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("geom", Geometry("MULTIPOLYGON"), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.CheckConstraint("level IN ('city', 'district', 'subdistrict', 'community')", name="ck_jurisdiction_level"),
        sa.ForeignKeyConstraint(["parent_id"], ["jurisdiction.id"], name="fk_jurisdiction_parent_id"),
        sa.PrimaryKeyConstraint("id", name="pk_jurisdiction"),
        sa.UniqueConstraint("code", name="uq_jurisdiction_code"),
    )
    op.create_index("ix_jurisdiction_parent_id", "jurisdiction", ["parent_id"], unique=False)
    op.create_table(
        "job",
        sa.Column("id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("jurisdiction_id", KEY, nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("given", Json(), nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("done", sa.Double(), nullable=False),
        sa.Column("log", Json(), nullable=False),
        sa.Column("result", Json(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("error_zh", sa.Text(), nullable=False),
        sa.Column("problem", sa.Integer(), nullable=True),
        sa.Column("cancel", sa.Boolean(), nullable=False),
        sa.Column("worker", sa.String(length=120), nullable=False),
        sa.Column("started_at", UtcTime(), nullable=True),
        sa.Column("beat_at", UtcTime(), nullable=True),
        sa.Column("finished_at", UtcTime(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed', 'cancelled', 'interrupted')", name="ck_job_state"
        ),
        sa.ForeignKeyConstraint(["jurisdiction_id"], ["jurisdiction.id"], name="fk_job_jurisdiction_id"),
        sa.PrimaryKeyConstraint("id", name="pk_job"),
    )
    op.create_index("ix_job_jurisdiction_id", "job", ["jurisdiction_id"], unique=False)
    op.create_index("ix_job_state", "job", ["state"], unique=False)
    op.create_table(
        "layer_set",
        sa.Column("id", KEY, nullable=False),
        sa.Column("jurisdiction_id", KEY, nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("sources", Json(), nullable=False),
        sa.Column("repairs", Json(), nullable=False),
        sa.Column("attribution", sa.Text(), nullable=False),
        sa.Column("buildings", sa.Integer(), nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("content_id", KEY, nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["content_id"], ["artifact.id"], name="fk_layer_set_content_id"),
        sa.ForeignKeyConstraint(["jurisdiction_id"], ["jurisdiction.id"], name="fk_layer_set_jurisdiction_id"),
        sa.PrimaryKeyConstraint("id", name="pk_layer_set"),
    )
    op.create_index(
        "ix_layer_set_jurisdiction_id_fingerprint", "layer_set", ["jurisdiction_id", "fingerprint"], unique=False
    )
    op.create_table(
        "officer",
        sa.Column("id", KEY, nullable=False),
        sa.Column("jurisdiction_id", KEY, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("public_phone", sa.String(length=40), nullable=False),
        sa.Column("photo_id", KEY, nullable=True),
        sa.Column("base_lon", sa.Double(), nullable=True),
        sa.Column("base_lat", sa.Double(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.CheckConstraint("(base_lon IS NULL) = (base_lat IS NULL)", name="ck_officer_base"),
        sa.ForeignKeyConstraint(["jurisdiction_id"], ["jurisdiction.id"], name="fk_officer_jurisdiction_id"),
        sa.ForeignKeyConstraint(["photo_id"], ["artifact.id"], name="fk_officer_photo_id"),
        sa.PrimaryKeyConstraint("id", name="pk_officer"),
    )
    op.create_index("ix_officer_jurisdiction_id", "officer", ["jurisdiction_id"], unique=False)
    op.create_table(
        "upload",
        sa.Column("id", KEY, nullable=False),
        sa.Column("jurisdiction_id", KEY, nullable=True),
        sa.Column("files_id", KEY, nullable=False),
        sa.Column("report", Json(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["files_id"], ["artifact.id"], name="fk_upload_files_id"),
        sa.ForeignKeyConstraint(["jurisdiction_id"], ["jurisdiction.id"], name="fk_upload_jurisdiction_id"),
        sa.PrimaryKeyConstraint("id", name="pk_upload"),
    )
    op.create_index("ix_upload_jurisdiction_id", "upload", ["jurisdiction_id"], unique=False)
    op.create_table(
        "building",
        sa.Column("id", KEY, nullable=False),
        sa.Column("layer_set_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.String(length=120), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("use", sa.String(length=40), nullable=False),
        sa.Column("levels", sa.Double(), nullable=True),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("measured", sa.Boolean(), nullable=False),
        sa.Column("geom", Geometry("MULTIPOLYGON"), nullable=False),
        sa.ForeignKeyConstraint(
            ["layer_set_id"], ["layer_set.id"], name="fk_building_layer_set_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_building"),
        sa.UniqueConstraint("layer_set_id", "number", name="uq_building_layer_set_id_number"),
    )
    op.create_table(
        "posting",
        sa.Column("id", KEY, nullable=False),
        sa.Column("officer_id", KEY, nullable=False),
        sa.Column("jurisdiction_id", KEY, nullable=False),
        sa.Column("grid_code", sa.String(length=40), nullable=False),
        sa.Column("duty", sa.String(length=20), nullable=False),
        sa.Column("post", sa.String(length=1), nullable=False),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("ends", sa.Date(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.CheckConstraint(
            "duty IN ('leader', 'officer', 'information', 'police', 'volunteer', 'steward', 'supervisor')",
            name="ck_posting_duty",
        ),
        sa.CheckConstraint("post IN ('A', 'B')", name="ck_posting_post"),
        sa.CheckConstraint("ends IS NULL OR ends > starts", name="ck_posting_dates"),
        sa.ForeignKeyConstraint(["jurisdiction_id"], ["jurisdiction.id"], name="fk_posting_jurisdiction_id"),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name="fk_posting_officer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_posting"),
    )
    op.create_index("ix_posting_jurisdiction_id_grid_code", "posting", ["jurisdiction_id", "grid_code"], unique=False)
    op.create_index("ix_posting_officer_id", "posting", ["officer_id"], unique=False)
    op.create_table(
        "grid_note",
        sa.Column("id", KEY, nullable=False),
        sa.Column("jurisdiction_id", KEY, nullable=False),
        sa.Column("grid_code", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("settled_at", UtcTime(), nullable=True),
        sa.Column("settled_by", sa.String(length=80), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["jurisdiction_id"], ["jurisdiction.id"], name="fk_grid_note_jurisdiction_id"),
        sa.PrimaryKeyConstraint("id", name="pk_grid_note"),
    )
    op.create_index("ix_grid_note_jurisdiction_id_grid_code", "grid_note", ["jurisdiction_id", "grid_code"])
    op.create_table(
        "officer_leave",
        sa.Column("id", KEY, nullable=False),
        sa.Column("officer_id", KEY, nullable=False),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("ends", sa.Date(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.CheckConstraint("ends > starts", name="ck_officer_leave_dates"),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name="fk_officer_leave_officer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_officer_leave"),
    )
    op.create_index("ix_officer_leave_officer_id", "officer_leave", ["officer_id"], unique=False)
    op.create_table(
        "unit_set",
        sa.Column("id", KEY, nullable=False),
        sa.Column("layer_set_id", KEY, nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("content_id", KEY, nullable=False),
        sa.Column("building_unit_id", KEY, nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["building_unit_id"], ["artifact.id"], name="fk_unit_set_building_unit_id"),
        sa.ForeignKeyConstraint(["content_id"], ["artifact.id"], name="fk_unit_set_content_id"),
        sa.ForeignKeyConstraint(["layer_set_id"], ["layer_set.id"], name="fk_unit_set_layer_set_id"),
        sa.PrimaryKeyConstraint("id", name="pk_unit_set"),
        sa.UniqueConstraint("layer_set_id", "content_id", name="uq_unit_set_layer_set_id_content_id"),
    )
    op.create_table(
        "account",
        sa.Column("id", KEY, nullable=False),
        sa.Column("login", sa.String(length=80), nullable=False),
        sa.Column("password", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("jurisdiction_id", KEY, nullable=True),
        sa.Column("officer_id", KEY, nullable=True),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", UtcTime(), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("last_login", UtcTime(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.CheckConstraint(
            "role IN ('administrator', 'planner', 'leader', 'officer', 'public')", name="ck_account_role"
        ),
        sa.ForeignKeyConstraint(["jurisdiction_id"], ["jurisdiction.id"], name="fk_account_jurisdiction_id"),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name="fk_account_officer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        sa.UniqueConstraint("login", name="uq_account_login"),
    )
    op.create_table(
        "plan",
        sa.Column("id", KEY, nullable=False),
        sa.Column("jurisdiction_id", KEY, nullable=False),
        sa.Column("layer_set_id", KEY, nullable=False),
        sa.Column("unit_set_id", KEY, nullable=False),
        sa.Column("based_on_id", KEY, nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("options", Json(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("assignment_id", KEY, nullable=False),
        sa.Column("content_id", KEY, nullable=False),
        sa.Column("certificate", Json(), nullable=False),
        sa.Column("files_id", KEY, nullable=True),
        sa.Column("grids", sa.Integer(), nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("changed_by", sa.String(length=80), nullable=False),
        sa.Column("changed_at", UtcTime(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("drawn_step", sa.Integer(), nullable=False),
        sa.Column("reviewed_by", sa.String(length=80), nullable=False),
        sa.Column("reviewed_at", UtcTime(), nullable=True),
        sa.Column("published_by", sa.String(length=80), nullable=False),
        sa.Column("published_at", UtcTime(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'in review', 'published', 'superseded', 'discarded')", name="ck_plan_state"
        ),
        sa.ForeignKeyConstraint(["assignment_id"], ["artifact.id"], name="fk_plan_assignment_id"),
        sa.ForeignKeyConstraint(["content_id"], ["artifact.id"], name="fk_plan_content_id"),
        sa.ForeignKeyConstraint(["based_on_id"], ["plan.id"], name="fk_plan_based_on_id"),
        sa.ForeignKeyConstraint(["files_id"], ["artifact.id"], name="fk_plan_files_id"),
        sa.ForeignKeyConstraint(["jurisdiction_id"], ["jurisdiction.id"], name="fk_plan_jurisdiction_id"),
        sa.ForeignKeyConstraint(["layer_set_id"], ["layer_set.id"], name="fk_plan_layer_set_id"),
        sa.ForeignKeyConstraint(["unit_set_id"], ["unit_set.id"], name="fk_plan_unit_set_id"),
        sa.PrimaryKeyConstraint("id", name="pk_plan"),
    )
    op.create_index("ix_plan_jurisdiction_id_state", "plan", ["jurisdiction_id", "state"], unique=False)
    op.create_table(
        "plan_step",
        sa.Column("id", KEY, nullable=False),
        sa.Column("plan_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("told", Json(), nullable=False),
        sa.Column("assignment_id", KEY, nullable=False),
        sa.Column("content", Json(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["assignment_id"], ["artifact.id"], name="fk_plan_step_assignment_id"),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name="fk_plan_step_plan_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_plan_step"),
        sa.UniqueConstraint("plan_id", "number", name="uq_plan_step_plan_id_number"),
    )
    op.create_table(
        "plan_visit",
        sa.Column("id", KEY, nullable=False),
        sa.Column("plan_id", KEY, nullable=False),
        sa.Column("page", sa.String(length=40), nullable=False),
        sa.Column("login", sa.String(length=80), nullable=False),
        sa.Column("seen_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name="fk_plan_visit_plan_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_plan_visit"),
        sa.UniqueConstraint("plan_id", "page", name="uq_plan_visit_plan_id_page"),
    )
    op.create_table(
        "token",
        sa.Column("id", KEY, nullable=False),
        sa.Column("account_id", KEY, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.Column("last_used", UtcTime(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_token_account_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_token"),
        sa.UniqueConstraint("digest", name="uq_token_digest"),
    )
    op.create_index("ix_token_account_id", "token", ["account_id"], unique=False)
    op.create_table(
        "ended_session",
        sa.Column("id", KEY, nullable=False),
        sa.Column("account_id", KEY, nullable=False),
        sa.Column("stamp", sa.String(length=32), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_ended_session_account_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_ended_session"),
        sa.UniqueConstraint("stamp", name="uq_ended_session_stamp"),
    )
    op.create_index("ix_ended_session_account_id", "ended_session", ["account_id"], unique=False)
    op.create_table(
        "unit",
        sa.Column("id", KEY, nullable=False),
        sa.Column("unit_set_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("buildings", sa.Integer(), nullable=False),
        sa.Column("geom", Geometry("MULTIPOLYGON"), nullable=False),
        sa.ForeignKeyConstraint(["unit_set_id"], ["unit_set.id"], name="fk_unit_unit_set_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_unit"),
        sa.UniqueConstraint("unit_set_id", "number", name="uq_unit_unit_set_id_number"),
    )
    op.create_table(
        "crosswalk",
        sa.Column("id", KEY, nullable=False),
        sa.Column("old_plan_id", KEY, nullable=False),
        sa.Column("new_plan_id", KEY, nullable=False),
        sa.Column("old_code", sa.String(length=40), nullable=False),
        sa.Column("new_code", sa.String(length=40), nullable=False),
        sa.Column("buildings", sa.Integer(), nullable=False),
        sa.Column("households_before", sa.Integer(), nullable=False),
        sa.Column("households_after", sa.Integer(), nullable=False),
        sa.Column("population_before", sa.Integer(), nullable=False),
        sa.Column("population_after", sa.Integer(), nullable=False),
        sa.Column("building_list_id", KEY, nullable=True),
        sa.ForeignKeyConstraint(["building_list_id"], ["artifact.id"], name="fk_crosswalk_building_list_id"),
        sa.ForeignKeyConstraint(["new_plan_id"], ["plan.id"], name="fk_crosswalk_new_plan_id"),
        sa.ForeignKeyConstraint(["old_plan_id"], ["plan.id"], name="fk_crosswalk_old_plan_id"),
        sa.PrimaryKeyConstraint("id", name="pk_crosswalk"),
        sa.UniqueConstraint(
            "old_plan_id",
            "new_plan_id",
            "old_code",
            "new_code",
            name="uq_crosswalk_old_plan_id_new_plan_id_old_code_new_code",
        ),
    )
    op.create_index("ix_crosswalk_new_plan_id", "crosswalk", ["new_plan_id"], unique=False)
    op.create_table(
        "grid",
        sa.Column("id", KEY, nullable=False),
        sa.Column("plan_id", KEY, nullable=False),
        sa.Column("level", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("parent_code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("buildings", sa.Integer(), nullable=False),
        sa.Column("area_m2", sa.Double(), nullable=False),
        sa.Column("bounds", Json(), nullable=False),
        sa.Column("colour", sa.Integer(), nullable=False),
        sa.Column("label_lon", sa.Double(), nullable=False),
        sa.Column("label_lat", sa.Double(), nullable=False),
        sa.Column("geojson", sa.Text(), nullable=False),
        sa.Column("geom", Geometry("MULTIPOLYGON"), nullable=False),
        sa.CheckConstraint("level IN ('community', 'sector', 'grid', 'micro')", name="ck_grid_level"),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name="fk_grid_plan_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_grid"),
        sa.UniqueConstraint("plan_id", "level", "code", name="uq_grid_plan_id_level_code"),
    )
    op.create_index("ix_grid_code", "grid", ["code"], unique=False)
    op.create_table(
        "retired_code",
        sa.Column("id", KEY, nullable=False),
        sa.Column("jurisdiction_id", KEY, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("plan_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(["jurisdiction_id"], ["jurisdiction.id"], name="fk_retired_code_jurisdiction_id"),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name="fk_retired_code_plan_id"),
        sa.PrimaryKeyConstraint("id", name="pk_retired_code"),
        sa.UniqueConstraint("jurisdiction_id", "code", name="uq_retired_code_jurisdiction_id_code"),
    )
    _make_incidents()
    _make_fieldwork()
    for table, kind in FEATURES.items():
        index_features(table, kind)
    guard_published()


def downgrade() -> None:
    """Remove them all."""
    unguard_published()
    for table in FEATURES:
        forget_features(table)
    _remove_fieldwork()
    _remove_incidents()
    op.drop_table("retired_code")
    op.drop_index("ix_grid_code", table_name="grid")
    op.drop_table("grid")
    op.drop_index("ix_crosswalk_new_plan_id", table_name="crosswalk")
    op.drop_table("crosswalk")
    op.drop_table("unit")
    op.drop_index("ix_ended_session_account_id", table_name="ended_session")
    op.drop_table("ended_session")
    op.drop_index("ix_token_account_id", table_name="token")
    op.drop_table("token")
    op.drop_index("ix_plan_jurisdiction_id_state", table_name="plan")
    op.drop_table("plan_visit")
    op.drop_table("plan_step")
    op.drop_table("plan")
    op.drop_table("account")
    op.drop_table("unit_set")
    op.drop_index("ix_officer_leave_officer_id", table_name="officer_leave")
    op.drop_table("officer_leave")
    op.drop_index("ix_grid_note_jurisdiction_id_grid_code", table_name="grid_note")
    op.drop_table("grid_note")
    op.drop_index("ix_posting_officer_id", table_name="posting")
    op.drop_index("ix_posting_jurisdiction_id_grid_code", table_name="posting")
    op.drop_table("posting")
    op.drop_table("building")
    op.drop_index("ix_upload_jurisdiction_id", table_name="upload")
    op.drop_table("upload")
    op.drop_index("ix_officer_jurisdiction_id", table_name="officer")
    op.drop_table("officer")
    op.drop_index("ix_layer_set_jurisdiction_id_fingerprint", table_name="layer_set")
    op.drop_table("layer_set")
    op.drop_index("ix_job_state", table_name="job")
    op.drop_index("ix_job_jurisdiction_id", table_name="job")
    op.drop_table("job")
    op.drop_index("ix_jurisdiction_parent_id", table_name="jurisdiction")
    op.drop_table("jurisdiction")
    op.drop_index("ix_audit_entry_subject_subject_id", table_name="audit_entry")
    op.drop_index("ix_audit_entry_at", table_name="audit_entry")
    op.drop_table("audit_entry")
    op.drop_table("artifact")


def _make_incidents() -> None:
    """Make incidents, their steps and what is attached to them."""
    op.create_table(
        "incident",
        sa.Column("id", KEY, nullable=False),
        sa.Column("jurisdiction_id", KEY, nullable=False),
        sa.Column("grid_id", KEY, nullable=True),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("handling", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reported_at", UtcTime(), nullable=False),
        sa.Column("due_at", UtcTime(), nullable=True),
        sa.Column("closed_at", UtcTime(), nullable=True),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("contact", sa.String(length=120), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("geom", Geometry("POINT"), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["grid_id"], ["grid.id"], name="fk_incident_grid_id"),
        sa.ForeignKeyConstraint(["jurisdiction_id"], ["jurisdiction.id"], name="fk_incident_jurisdiction_id"),
        sa.PrimaryKeyConstraint("id", name="pk_incident"),
        sa.UniqueConstraint("code", name="uq_incident_code"),
    )
    op.create_index("ix_incident_grid_id_reported_at", "incident", ["grid_id", "reported_at"], unique=False)
    op.create_index("ix_incident_jurisdiction_id_state", "incident", ["jurisdiction_id", "state"], unique=False)
    op.create_index("ix_incident_reported_at", "incident", ["reported_at"], unique=False)
    op.create_table(
        "attachment",
        sa.Column("id", KEY, nullable=False),
        sa.Column("incident_id", KEY, nullable=False),
        sa.Column("artifact_id", KEY, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["artifact_id"], ["artifact.id"], name="fk_attachment_artifact_id"),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name="fk_attachment_incident_id"),
        sa.PrimaryKeyConstraint("id", name="pk_attachment"),
    )
    op.create_index("ix_attachment_incident_id", "attachment", ["incident_id"], unique=False)
    op.create_table(
        "incident_event",
        sa.Column("id", KEY, nullable=False),
        sa.Column("incident_id", KEY, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("who", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("old_state", sa.String(length=20), nullable=False),
        sa.Column("new_state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("more", Json(), nullable=True),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name="fk_incident_event_incident_id"),
        sa.PrimaryKeyConstraint("id", name="pk_incident_event"),
    )
    op.create_index("ix_incident_event_incident_id", "incident_event", ["incident_id"], unique=False)


def _remove_incidents() -> None:
    op.drop_index("ix_incident_event_incident_id", table_name="incident_event")
    op.drop_table("incident_event")
    op.drop_index("ix_attachment_incident_id", table_name="attachment")
    op.drop_table("attachment")
    op.drop_index("ix_incident_reported_at", table_name="incident")
    op.drop_index("ix_incident_jurisdiction_id_state", table_name="incident")
    op.drop_index("ix_incident_grid_id_reported_at", table_name="incident")
    op.drop_table("incident")


def _make_fieldwork() -> None:
    """Make what officers' phones send, and the names that places are found by."""
    op.create_table(
        "place_name",
        sa.Column("id", KEY, nullable=False),
        sa.Column("layer_set_id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["layer_set_id"], ["layer_set.id"], name="fk_place_name_layer_set_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_place_name"),
    )
    op.create_index("ix_place_name_layer_set_id", "place_name", ["layer_set_id"], unique=False)
    op.create_table(
        "field_entry",
        sa.Column("id", KEY, nullable=False),
        sa.Column("key", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("officer_id", KEY, nullable=False),
        sa.Column("jurisdiction_id", KEY, nullable=False),
        sa.Column("grid_id", KEY, nullable=True),
        sa.Column("building_id", KEY, nullable=True),
        sa.Column("incident_id", KEY, nullable=True),
        sa.Column("done_at", UtcTime(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("accuracy_m", sa.Double(), nullable=True),
        sa.Column("households", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.CheckConstraint("kind IN ('report', 'visit', 'check-in')", name="ck_field_entry_kind"),
        sa.ForeignKeyConstraint(["building_id"], ["building.id"], name="fk_field_entry_building_id"),
        sa.ForeignKeyConstraint(["grid_id"], ["grid.id"], name="fk_field_entry_grid_id"),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name="fk_field_entry_incident_id"),
        sa.ForeignKeyConstraint(["jurisdiction_id"], ["jurisdiction.id"], name="fk_field_entry_jurisdiction_id"),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name="fk_field_entry_officer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_field_entry"),
        sa.UniqueConstraint("key", name="uq_field_entry_key"),
    )
    op.create_index("ix_field_entry_officer_id_done_at", "field_entry", ["officer_id", "done_at"], unique=False)


def _remove_fieldwork() -> None:
    op.drop_index("ix_field_entry_officer_id_done_at", table_name="field_entry")
    op.drop_table("field_entry")
    op.drop_index("ix_place_name_layer_set_id", table_name="place_name")
    op.drop_table("place_name")
