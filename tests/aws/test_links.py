"""Links that users create and recipients open: pages, passwords, uses, downloads."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

from site_under_test import ORIGINALS, eventually


def test_a_link_opens_for_anybody_and_downloads_one_file(user, press, library, recipient):
    link = user("consumer").share(press, title="Autumn", **ORIGINALS)
    visitor = recipient(link)
    assert "Autumn" in visitor.page().expect(200).text
    assets = visitor.assets()
    assert {asset["name"] for asset in assets} == set(library)
    newest = visitor.ask("GET", "/assets?sort=-created").expect(200).json["items"]
    assert len(newest) == len(assets)
    for asset in assets:
        saved = visitor.save(f"/assets/{asset['id']}/original")
        assert saved.body == library[asset["name"]]
        assert saved.headers["content-disposition"].startswith("attachment")
        assert visitor.http("GET", asset["preview"]["url"]).expect(200).body.startswith(b"\xff\xd8")
    user("browser").ask("GET", f"/api/links/{link['id']}").expect(404)


def test_a_signed_url_can_neither_be_changed_nor_used_after_the_links_end(user, press, recipient):
    soon = datetime.now(timezone.utc) + timedelta(seconds=20)
    link = user("consumer").share(press, expires=soon.isoformat(timespec="seconds"), **ORIGINALS)
    visitor = recipient(link)
    asset = visitor.assets()[0]["id"]
    url = visitor.ask("GET", f"/assets/{asset}/original").expect(302).headers["location"]
    visitor.http("GET", url).expect(200)
    visitor.http("GET", re.sub(r"library/[^?]+", "library/other.jpg", url)).expect(403)
    late = eventually("the link to end", lambda: visitor.ask("GET").status == 410 or None)
    assert late
    time.sleep(1)
    visitor.http("GET", url).expect(403)


def test_a_password_hides_everything_until_it_is_given(user, press, recipient):
    link = user("consumer").share(press, title="Secret title", password="hunter2 hunter2", **ORIGINALS)
    visitor = recipient(link)
    page = visitor.page().expect(200).text
    assert "Secret title" not in page and "dune" not in page
    visitor.ask("GET", "/assets").expect(401)
    visitor.open("wrong").expect(401)
    visitor.open("hunter2 hunter2").expect(303)
    assert len(visitor.assets()) == 3


def test_ten_wrong_passwords_block_further_tries(user, press, recipient):
    link = user("consumer").share(press, password="hunter2 hunter2", **ORIGINALS)
    visitor = recipient(link)
    answers = [visitor.open("wrong").status for _ in range(11)]
    assert answers == [401] * 10 + [429]
    assert int(visitor.open("hunter2 hunter2").expect(429).headers["retry-after"]) > 0


def test_twenty_simultaneous_visitors_share_three_uses(user, press, recipient):
    link = user("consumer").share(press, max_uses=3, **ORIGINALS)
    visitors = [recipient(link) for _ in range(20)]
    nonces = [visitor.nonce() for visitor in visitors]
    with ThreadPoolExecutor(20) as crowd:
        answers = list(crowd.map(lambda pair: pair[0].open(nonce=pair[1]).status, zip(visitors, nonces)))
    assert (answers.count(303), answers.count(410)) == (3, 17), answers
    read = user("consumer").ask("GET", f"/api/links/{link['id']}").expect(200).json
    assert (read["used"], read["uses_left"], read["status"]) == (3, 0, "used_up")
    inside = [visitor for visitor, answer in zip(visitors, answers) if answer == 303]
    assert all(len(visitor.assets()) == 3 for visitor in inside), "a visit stays open after the last use"
    again = inside[0].open(nonce=nonces[visitors.index(inside[0])])
    assert again.status == 303, "the same nonce again spends nothing"


def test_everything_downloads_as_one_zip(user, press, library, recipient):
    link = user("consumer").share(press, title="Autumn zip", **ORIGINALS)
    archive = recipient(link).zip_of_all()
    assert archive.testzip() is None
    assert {name: archive.read(name) for name in archive.namelist()} == library


def test_large_files_are_copied_inside_s3(put, user, recipient):
    # Two files larger than S3's smallest part, so that the plan has copies.
    files = {f"large {n}.bin": bytes([n]) * (6 * 1024 * 1024 + n) for n in range(2)}
    for name, content in files.items():
        put(f"Large/{name}", content)
    user("consumer").ready("Large", 2)
    target = {"kind": "folder", "id": user("consumer").folder("Large")["id"]}
    archive = recipient(user("consumer").share(target, **ORIGINALS)).zip_of_all()
    assert {name: archive.read(name) for name in archive.namelist()} == files


def test_a_selection_and_one_asset_can_be_shared(user, library, press, recipient):
    owner = user("consumer")
    assets = owner.assets("Press/Autumn")
    chosen = [assets[2]["id"], assets[0]["id"]]
    options = {"original": True, "preview": True}
    selection = owner.share({"kind": "selection", "assets": chosen}, access="download", options=options)
    assert owner.ask("GET", f"/api/links/{selection['id']}").expect(200).json["target"]["assets"] == chosen
    visitor = recipient(selection)
    assert [asset["id"] for asset in visitor.assets()] == chosen
    assert visitor.save(f"/assets/{chosen[0]}/preview").body.startswith(b"\xff\xd8")
    assert len(visitor.zip_of_all("original", "preview").namelist()) == 4
    one = user("consumer").share({"kind": "asset", "id": chosen[0]}, access="view_only")
    visitor = recipient(one)
    assert len(visitor.assets()) == 1
    visitor.ask("GET", f"/assets/{chosen[0]}/original").expect(403)


def test_links_are_listed_edited_and_deleted(user, press, recipient):
    owner, title = user("consumer"), "Listed and deleted"
    link = owner.share(press, title=title, max_uses=2, **ORIGINALS)
    recipient(link).open().expect(303)
    owner.ask("PATCH", f"/api/links/{link['id']}", {"max_uses": 3}).expect(200)
    for query in ["", "?sort=title", "?status=active", "?q=Listed"]:
        items = owner.ask("GET", f"/api/links{query}").expect(200).json["items"]
        assert any(item["id"] == link["id"] and item["uses_left"] == 2 for item in items), query
    for query in ["?owner=all", "?owner=all&sort=title"]:
        items = user("administrator").ask("GET", f"/api/links{query}").expect(200).json["items"]
        assert any(item["id"] == link["id"] for item in items), query
    options = owner.ask("GET", f"/api/share-options?kind=folder&id={press['id']}").expect(200).json
    assert options["original"] is True
    owner.ask("DELETE", f"/api/links/{link['id']}").expect(204)
    recipient(link).ask("GET").expect(404)
