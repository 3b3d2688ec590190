"""The page of officers: from an empty list to everyone posted, stood in for and looked after, by forms alone."""

import io
import re
from datetime import timedelta

from gridgis_web.store.models import Posting
from openpyxl import Workbook
from people import TODAY, log_in, token_of
from sqlalchemy import func, select
from test_api import Town


def sheet(*rows):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    out.seek(0)
    return out


def test_a_planner_posts_everyone_by_the_page(store, tmp_path):
    town = Town(store, tmp_path / "own")
    client = town.app.test_client()
    assert log_in(client, "planner").status_code == 302
    assert client.get("/officers").location.endswith(f"/officers/{town.place}")
    path = f"/officers/{town.place}"

    def post(where, **given):
        return client.post(
            f"{path}/{where}", data={"csrf_token": token_of(client, path)} | given, follow_redirects=True
        )

    def shown(where=""):
        return client.get(f"{path}{where}").get_data(as_text=True)

    def posted(post):
        with store.read() as session:
            return session.scalar(select(func.count()).select_from(Posting).where(Posting.post == post))

    grids = len(town.codes)
    assert f"{grids - 2} times nobody looks after a grid" in shown()
    people = [[f"样例 {n}", f"000-{n}", "网格员", ""] for n in range(grids)]
    wrong = post("list", file=(sheet(["姓名", "电话", "角色", "网格"], *people, ["样例错", "x", "", ""]), "名单.xlsx"))
    assert "Nothing was taken" in wrong.get_data(as_text=True)
    assert "样例 1" not in shown()
    right = post("list", file=(sheet(["姓名", "电话", "角色", "网格"], *people), "名单.xlsx")).get_data(as_text=True)
    assert f"{grids} officers are new" in right
    assert post("list", file=(io.BytesIO(b"\0"), "x.xlsx")).status_code == 422
    # what is proposed is confirmed but for one grid that was unticked
    for kind, letter in (("posts", "A"), ("stand-ins", "B")):
        page = shown(f"/proposals/{kind}")
        pairs = re.findall(r'name="pair" value="([^"]+)"', page)
        state, on = (re.search(rf'name="{name}" value="([^"]+)"', page)[1] for name in ("state", "on"))
        before = posted(letter)
        assert "Nothing was ticked" in post(f"proposals/{kind}", state=state, on=on).get_data(as_text=True)
        assert post(f"proposals/{kind}", state=state, on="soon", pair=pairs).status_code == 422
        assert "someone else changed" in post(f"proposals/{kind}", state="x", on=on, pair=pairs).get_data(as_text=True)
        assert posted(letter) == before
        done = post(f"proposals/{kind}", state=state, on=on, pair=pairs[1:]).get_data(as_text=True)
        assert f"{len(pairs) - 1} postings are entered" in done
        assert posted(letter) == before + len(pairs) - 1
        said = {"A": "1 time nobody looks after a grid", "B": "Someone looks after each of the"}[letter]
        assert said in shown(), "who stands in looks after the one without an officer"
    days = [(TODAY + timedelta(days)).isoformat() for days in (3, 9)]
    assert "is entered" in post("leave", officer=town.first, starts=days[0], ends=days[1]).get_data(as_text=True)
    again = post("leave", officer=town.first, starts=days[1], ends=days[0])
    assert (again.status_code, "later day" in again.get_data(as_text=True)) == (422, True)
    assert town.app.test_client().get(path).status_code == 302
