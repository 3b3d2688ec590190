"""What was published stays as it is, whichever program writes to the store; for use in migrations."""

from __future__ import annotations

from alembic import op

HELD = "('published', 'superseded')"
FREE = ("state", "valid_to", "version")
"""Of a published plan these alone may change, and only together: when a successor is published."""
COLUMNS = [
    "id",
    "jurisdiction_id",
    "layer_set_id",
    "unit_set_id",
    "based_on_id",
    "name",
    "options",
    "seed",
    "fingerprint",
    "assignment_id",
    "content_id",
    "certificate",
    "files_id",
    "grids",
    "households",
    "population",
    "valid_from",
    "changed_by",
    "changed_at",
    "step",
    "drawn_step",
    "reviewed_by",
    "reviewed_at",
    "published_by",
    "published_at",
    "created_at",
    "created_by",
]
SUPERSEDED = (
    "(OLD.state = 'published' AND NEW.state = 'superseded' AND OLD.valid_to IS NULL AND NEW.valid_to IS NOT NULL)"
)
TEXTS = {
    "plan": "a published plan is never changed; make a new one of it",
    "grid": "the grids of a published plan are never changed; make a new plan of it",
    "artifact": "kept files are never changed",
}


def guard_published() -> None:
    """Refuse changes of published plans, of their grids, and of kept bytes."""
    run = op.get_bind().exec_driver_sql
    if op.get_bind().dialect.name == "postgresql":
        free = "ARRAY[" + ", ".join(f"'{name}'" for name in FREE) + "]"
        conditions = {
            "plan": f"OLD.state IN {HELD} AND (TG_OP = 'DELETE' OR to_jsonb(NEW) - {free} <> to_jsonb(OLD) - {free} "
            f"OR NOT {SUPERSEDED})",
            "grid": f"(SELECT state FROM plan WHERE id = OLD.plan_id) IN {HELD}",
            "artifact": "TG_OP = 'UPDATE'",
        }
        for table, condition in conditions.items():
            run(
                f"CREATE FUNCTION {table}_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                f"IF {condition} THEN RAISE EXCEPTION '{TEXTS[table]}' USING ERRCODE = 'check_violation'; END IF; "
                "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$"
            )
            run(
                f"CREATE TRIGGER {table}_stays BEFORE UPDATE OR DELETE ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION {table}_stays()"
            )
        return
    same = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in COLUMNS)
    of_published = f"(SELECT state FROM plan WHERE id = OLD.plan_id) IN {HELD}"
    for table, change, condition in (
        ("plan", "UPDATE", f"OLD.state IN {HELD} AND NOT ({same} AND {SUPERSEDED})"),
        ("plan", "DELETE", f"OLD.state IN {HELD}"),
        ("grid", "UPDATE", of_published),
        ("grid", "DELETE", of_published),
        ("artifact", "UPDATE", "1"),
    ):
        run(
            f"CREATE TRIGGER {table}_stays_{change.lower()} BEFORE {change} ON {table} WHEN {condition} "
            f"BEGIN SELECT RAISE(ABORT, '{TEXTS[table]}'); END"
        )


def unguard_published() -> None:
    """Undo `guard_published`, before the tables are dropped."""
    run = op.get_bind().exec_driver_sql
    if op.get_bind().dialect.name == "postgresql":
        for table in TEXTS:
            run(f"DROP TRIGGER {table}_stays ON {table}")
            run(f"DROP FUNCTION {table}_stays")
        return
    for name in ("plan_stays_update", "plan_stays_delete", "grid_stays_update", "grid_stays_delete"):
        run(f"DROP TRIGGER {name}")
    run("DROP TRIGGER artifact_stays_update")
