"""Leave, who stands in meanwhile and what they see then, and grids that nobody looks after: told before it happens."""

from datetime import date, timedelta

from gridgis_web.staffing.cover import find_cover
from gridgis_web.store import accounts, leave
from gridgis_web.store.accounts import Caller
from gridgis_web.store.models import AuditEntry, Officer
from gridgis_web.store.officers import add_posting
from gridgis_web.store.roster import Post, Roster
from hypothesis import given, settings
from hypothesis import strategies as st
from people import TODAY
from sqlalchemy import select
from test_api import Town

FIRST, LENGTH = date(2026, 5, 1), 20
CODES = ("001", "002", "003")
SPANS = st.tuples(st.integers(-3, LENGTH + 3), st.integers(1, LENGTH)).map(
    lambda pair: (FIRST + timedelta(pair[0]), FIRST + timedelta(sum(pair)))
)


def day(number):
    return FIRST + timedelta(number)


@st.composite
def rosters(draw):
    posts = draw(st.lists(st.tuples(st.integers(1, 4), st.sampled_from((*CODES, "009")), st.sampled_from("AB"), SPANS)))
    last = day(LENGTH)
    return Roster(
        days=(FIRST, last),
        posts=tuple(
            Post(officer_id=key, name=f"officer {key}", grid_code=code, post=post,
                 days=(max(span[0], FIRST), min(span[1], last)))
            for key, code, post, span in posts if span[0] < last and span[1] > FIRST
        ),
        leaves={key: tuple(draw(st.lists(SPANS, max_size=2))) for key in range(1, 5)},
        # on some day another plan takes the place of the one before
        grids=(
            ((date(2025, 1, 1), day(12)), {code: f"grid {code}" for code in CODES[:2]}),
            ((day(12), day(90)), {code: f"grid {code}" for code in CODES[1:]}),
        ),
    )  # fmt: skip


def on_day(roster, code, when):
    """Say by the rules themselves how a grid is looked after on a day: None: there is no such grid."""
    if not any(days[0] <= when < days[1] and code in grids for days, grids in roster.grids):
        return None
    there = [
        one for one in roster.posts
        if one.grid_code == code and one.days[0] <= when < one.days[1]
        and not any(a <= when < b for a, b in roster.leaves[one.officer_id])
    ]  # fmt: skip
    if any(one.post == "A" for one in there):
        return "served"
    return tuple(sorted({one.officer_id for one in there})) or "gap"


@settings(max_examples=150, deadline=None)
@given(rosters())
def test_every_day_of_every_grid_is_told_as_the_rules_say(roster):
    cover = find_cover(roster)
    assert cover.grids == len(CODES)
    for code in CODES:
        for number in range(LENGTH):
            told = [
                one for one in (*cover.gaps, *cover.stood_in)
                if one.grid_code == code and one.starts <= day(number) < (one.ends or day(LENGTH))
            ]  # fmt: skip
            said = on_day(roster, code, day(number))
            if said in (None, "served"):
                assert told == []
            elif said == "gap":
                assert [one.why is not None for one in told] == [True]
            else:
                assert [set(said) <= set(one.officers) for one in told] == [True]
    assert all(one.officers and one.ends != roster.days[1] for one in cover.stood_in)


def test_a_gap_says_why():
    def told(*posts, **away):
        roster = Roster(
            days=(FIRST, day(9)),
            posts=tuple(
                Post(officer_id=ord(name), name=name, grid_code="001", post=post, days=(FIRST, day(9)))
                for name, post in posts
            ),
            leaves={ord(name): ((day(2), day(4)),) for name in away.values()},
            grids=(((FIRST, day(99)), {"001": "一"}),),
        )
        return [(one.starts, one.ends, str(one.why)) for one in find_cover(roster).gaps]

    assert told() == [(FIRST, None, "nobody is posted there, and nobody stands in")]
    assert told("甲A") == []
    assert told("甲A", away="甲") == [(day(2), day(4), "away: 甲; and nobody stands in")]
    assert told("甲A", "乙B", away="甲") == []
    assert told("甲A", "乙B", one="甲", two="乙") == [(day(2), day(4), "away: 甲; and 乙, to stand in")]
    assert told("乙B", away="乙") == [(day(2), day(4), "nobody is posted there; away: 乙, to stand in")]


def test_a_stand_in_serves_and_sees_in_the_time_of_the_leave_alone(store, tmp_path):
    town = Town(store, tmp_path / "own")
    own, beside = town.codes[:2]
    with store.write() as session:
        add_posting(session, session.get(Officer, town.first), beside, TODAY, who="cli", post="B")

    def seen():
        return [
            feature["id"] for feature in town.ask(f"/plans/{town.published}/grids", login="officer").json["features"]
        ]

    def cover(login="planner"):
        told = town.ask(f"/jurisdictions/{town.place}/cover?weeks=2", login=login).json
        return {one["grid_code"]: (one["starts"], one["ends"]) for one in told["gaps"]}, told["stood_in"]

    def away(officer, first, last, **more):
        given = {"officer_id": officer, **{"starts": days(first), "ends": days(last)}}
        return town.ask("/leave", method="POST", json=given, **more)

    def days(number):
        return (TODAY + timedelta(number)).isoformat()

    # nobody is posted in the others
    others = dict.fromkeys(town.codes[2:], (days(0), None))
    assert (seen(), cover()) == ([own], (others, []))
    entered = away(town.second, 0, 3)
    assert (entered.status_code, entered.json["gaps"]) == (201, [])
    assert seen() == [own, beside]
    stands = {"grid_code": beside, "starts": days(0), "ends": days(3), "officers": [town.first]}
    gaps, stood_in = cover()
    assert (gaps, [{key: one[key] for key in stands} for one in stood_in]) == (others, [stands])
    who = Caller.of(accounts_of(store, "officer"))
    with store.read() as session:
        for number, both in ((-1, False), (0, True), (2, True), (3, False)):
            grids = accounts.visible_grids(session, who, TODAY + timedelta(number))
            assert ((town.place, beside) in grids) is both
    # the one who stands in goes away, too: an alarm as soon as it is entered
    alarm = away(town.first, 2, 5)
    assert [(gap["grid_code"], gap["starts"], gap["ends"]) for gap in alarm.json["gaps"]] == [
        (own, days(2), None), (beside, days(2), days(3)),
    ]  # fmt: skip
    assert "甲 One" in alarm.json["gaps"][0]["why"]
    assert cover()[0] == others | {own: (days(2), days(5)), beside: (days(2), days(3))}
    assert cover("officer") == (
        {own: (days(2), days(5)), beside: (days(2), days(3))},
        [stood_in[0] | {"ends": days(2)}],
    )
    assert away(town.first, 4, 9).status_code == 422
    assert away(town.first, 9, 9).status_code == 422
    # back early, then there is no leave at all
    path = f"/leave/{entered.json['id']}"
    back = town.ask(path, method="PATCH", json={"ends": days(1)})
    assert (back.status_code, back.json["ends"], seen()) == (200, days(1), [own, beside])
    assert [one["id"] for one in town.ask(f"/leave?until={days(1)}").json] == [entered.json["id"]]
    assert town.ask(path, method="DELETE").status_code == 204
    assert (seen(), cover()[1]) == ([own], [])
    for login, status in (("stranger", 404), ("officer", 403)):
        assert away(town.first, 20, 21, login=login).status_code == status
    assert town.ask(f"/jurisdictions/{town.place}/cover", login="stranger").status_code == 404
    with store.read() as session:
        logged = session.scalars(
            select(AuditEntry.action).filter_by(subject=leave.SUBJECT).order_by(AuditEntry.id)
        ).all()
    assert logged == ["create", "create", "change", "delete"]


def accounts_of(store, login):
    with store.read() as session:
        return accounts.need_account(session, login)


def test_who_stands_in_for_someone_who_left_or_was_never_posted_serves(store, tmp_path):
    town = Town(store, tmp_path / "own")
    own, beside, third = town.codes[:3]
    with store.write() as session:
        first = session.get(Officer, town.first)
        for code in (beside, third):
            add_posting(session, first, code, TODAY, who="cli", post="B")
        add_posting(session, first, beside, TODAY, who="cli", post="B", duty="leader")
    who = Caller.of(accounts_of(store, "officer"))
    with store.read() as session:
        assert {code for _, code in accounts.visible_grids(session, who, TODAY)} == {own, beside, third}
    with store.write() as session:
        add_posting(session, session.get(Officer, town.second), beside, TODAY, who="cli", duty="leader")
    with store.read() as session:
        assert {code for _, code in accounts.visible_grids(session, who, TODAY)} == {own, third}
    with store.write() as session:
        session.get(Officer, town.second).active = False
    with store.read() as session:
        assert {code for _, code in accounts.visible_grids(session, who, TODAY)} == {own, beside, third}
