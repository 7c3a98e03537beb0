"""The app signs in at Cognito's page in a browser, with the same code as at the local issuer."""

import os
import re
import shutil

import pytest
from playwright.sync_api import expect, sync_playwright

ISSUER_HOST = "cognito-idp.eu-west-1.amazonaws.com"


@pytest.fixture
def page(emulator):
    """A page with a fresh profile, for which AWS's host names lead to the emulator."""
    hosts = ["*.localhost", ISSUER_HOST, "*.auth.eu-west-1.amazoncognito.com"]
    rules = ", ".join(f"MAP {host} 127.0.0.1:{emulator.port}" for host in hosts)
    quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"]
    quiet += ["--disable-component-update", f"--host-resolver-rules={rules}"]
    quiet += ["--no-sandbox"] if os.geteuid() == 0 else []
    program = shutil.which("chromium")
    assert program, "this test needs a browser: install Debian's package chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=quiet)
        # The browser does not know the emulator's certificate authority.
        context = browser.new_context(ignore_https_errors=True)
        opened = context.new_page()
        opened.complaints = []
        opened.on("console", lambda message: message.type == "error" and opened.complaints.append(message.text))
        yield opened
        browser.close()


def test_the_app_signs_in_at_cognitos_page_in_a_browser(site, page, press, emulator):
    email, password = site.make_user("browser-user", "consumer", "Bianca Brown")
    pages = "https://vitrine-000000000000.auth.eu-west-1.amazoncognito.com"

    def as_on_aws(route):
        # The emulator serves the sign-in page on every host; AWS serves it on the pool's domain.
        path = route.request.url.split(ISSUER_HOST)[1]
        document = site.http("GET", emulator.url + path).expect(200).json
        for name, value in document.items():
            if name.endswith("_endpoint"):
                document[name] = re.sub(r"^https?://[^/]+", pages, value)
        # Cognito's metadata is not documented to have this endpoint, so the app must work without it.
        document.pop("end_session_endpoint", None)
        route.fulfill(json=document, headers={"access-control-allow-origin": "*"})

    page.route(f"https://{ISSUER_HOST}/**/openid-configuration", as_on_aws)
    page.goto(site.url)
    page.wait_for_url(re.compile(re.escape(pages) + "/oauth2/authorize"))
    page.fill("#username", email)
    page.fill("#password", password)
    page.click("button[type=submit]")
    page.wait_for_url(re.compile("^" + re.escape(site.url)))
    expect(page.get_by_text("Press").first).to_be_visible()
    expect(page.get_by_text("Bianca Brown").first).to_be_visible()

    # The bearer token opens the API: a folder's gallery with its pictures, from the bucket, under the page's policy.
    page.goto(f"{site.url}/folders/{press['id']}")
    picture = page.locator("img").first
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    if shown := os.environ.get("SCREENSHOT"):
        page.screenshot(path=shown)
    # Signing out ends Cognito's own session too, and returns to the app.
    ended = []
    page.on("request", lambda request: "/logout?" in request.url and ended.append(request.url))
    page.get_by_role("button", name="Bianca Brown").click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert ended and ended[0].startswith(f"{pages}/logout?client_id="), ended
    refused = [message for message in page.complaints if "Content Security Policy" in message]
    assert not refused, refused
