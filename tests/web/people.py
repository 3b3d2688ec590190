"""An office to test with: one account of every role, and how they log in."""

from datetime import date, timedelta

from argon2 import PasswordHasher
from gridgis_web import passwords
from gridgis_web.store import accounts
from gridgis_web.store.models import Jurisdiction, Officer, Posting

# as cheap as can be: no test asks how long a stranger would need
passwords.HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
PASSWORD = "correct-horse-battery-staple"
HASHED = passwords.HASHER.hash(PASSWORD)
TODAY = date.today()


def add_office(store):
    """Two communities of a subdistrict; officers posted in the first, now and formerly; return the keys."""
    with store.write() as session:
        above = Jurisdiction(level="subdistrict", code="310101", name="样例街道", crs="EPSG:4547")
        session.add(above)
        session.flush()
        east, west = (
            Jurisdiction(level="community", code=code, name=name, crs="EPSG:4547", parent_id=above.id)
            for code, name in (("310101001", "东社区"), ("310101002", "西社区"))
        )
        session.add_all([east, west])
        session.flush()
        now, gone = (Officer(jurisdiction_id=east.id, name=name, phone="13800000000") for name in ("甲", "乙"))
        session.add_all([now, gone])
        session.flush()
        day = timedelta(days=1)
        session.add_all(
            [
                Posting(officer_id=now.id, jurisdiction_id=east.id, grid_code="001", starts=TODAY - 9 * day),
                Posting(
                    officer_id=now.id, jurisdiction_id=west.id, grid_code="007", post="B", starts=TODAY - day,
                    ends=TODAY + 2 * day,
                ),
                Posting(
                    officer_id=gone.id, jurisdiction_id=east.id, grid_code="002", starts=TODAY - 9 * day, ends=TODAY
                ),
            ]
        )  # fmt: skip
    add_account(store, "root", "administrator")
    add_account(store, "planner", "planner")
    add_account(store, "leader", "leader", jurisdiction_id=east.id)
    add_account(store, "above", "leader", jurisdiction_id=above.id)
    add_account(store, "officer", "officer", officer_id=now.id)
    add_account(store, "former", "officer", officer_id=gone.id)
    return {"above": above.id, "east": east.id, "west": west.id, "officer": now.id, "former": gone.id}


def add_account(store, login, role, *, must_change=False, **more):
    with store.write() as session:
        return accounts.add_account(
            session, "cli", login, HASHED, role=role, must_change=must_change, language="en", **more
        ).id


def token_of(client, path="/login"):
    """Return the CSRF token of a page's form."""
    page = client.get(path).get_data(as_text=True)
    return page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]


def log_in(client, login, password=PASSWORD):
    return client.post("/login", data={"login": login, "password": password, "csrf_token": token_of(client)})
