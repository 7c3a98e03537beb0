// The landing page: what makes it pleasanter than plain links, each of which works without this.

import "./preview.js";
import { download } from "./bundle.js";
import { count, size } from "./words.js";

const root = document.documentElement;
const main = document.querySelector("main");

// -- cards or list, remembered -------------------------------------------------------

const toggles = [...document.querySelectorAll(".segmented a[data-view]")];

function setView(view) {
  root.dataset.view = view;
  for (const toggle of toggles) {
    if (toggle.dataset.view === view) toggle.setAttribute("aria-current", "true");
    else toggle.removeAttribute("aria-current");
  }
}

for (const toggle of toggles) {
  toggle.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    setView(toggle.dataset.view);
    try {
      localStorage.setItem("vitrine-view", toggle.dataset.view);
    } catch {
      // Storage is refused: the choice holds for this page.
    }
    // An address that asks for a view would go before what is remembered.
    const url = new URL(location.href);
    url.searchParams.delete("view");
    history.replaceState(null, "", url);
  });
}
setView(root.dataset.view);

// -- the end, in the reader's own time -----------------------------------------------------

for (const time of document.querySelectorAll("time[datetime]")) {
  const at = new Date(time.dateTime);
  time.title = at.toLocaleString(undefined, { dateStyle: "full", timeStyle: "short" });
}

// -- more of them -----------------------------------------------------------------------------

document.querySelector("#more")?.addEventListener("click", async (event) => {
  event.preventDefault();
  const more = event.currentTarget;
  if (more.getAttribute("aria-busy") === "true") return;
  more.setAttribute("aria-busy", "true");
  more.textContent = "Loading…";
  more.parentElement.querySelector(".failed")?.remove();
  try {
    const answer = await fetch(more.href, { headers: { accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const rows = [...page.querySelectorAll("tbody > .asset")];
    if (!answer.ok || rows.length === 0) throw new Error("no assets in the answer");
    document.querySelector(".asset-table > tbody").append(...rows);
    rows[0].querySelector("a, input, button")?.focus({ preventScroll: true });
    const next = page.querySelector("#more");
    if (next) more.href = next.getAttribute("href");
    else more.parentElement.remove();
    more.textContent = "Show more";
  } catch {
    const failed = document.createElement("span");
    failed.className = "failed";
    failed.setAttribute("role", "alert");
    failed.textContent = "The next assets could not be loaded. Check the connection, then try again.";
    more.before(failed);
    more.textContent = "Retry";
  } finally {
    more.removeAttribute("aria-busy");
  }
});

// -- several at once ------------------------------------------------------------------------------

const choose = document.querySelector("#choose");

/** Downloads `assets`, after asking which renditions where there are several. */
function get(assets, heading) {
  const boxes = [...choose.querySelectorAll("input[name=rendition]")];
  if (boxes.length === 1) {
    download(assets, [boxes[0].value]);
    return;
  }
  choose.querySelector("h2").textContent = heading;
  choose.querySelector(".choose-error").hidden = true;
  choose.returnValue = "";
  choose.onclose = () => {
    if (choose.returnValue === "download") download(assets, boxes.filter((box) => box.checked).map((box) => box.value));
  };
  choose.showModal();
}

if (choose) {
  choose.querySelector("form").addEventListener("submit", (event) => {
    const none = !choose.querySelector("input:checked");
    choose.querySelector(".choose-error").hidden = !none;
    if (none && event.submitter.value === "download") event.preventDefault();
  });

  document.querySelector("#download-all")?.addEventListener("click", () => get("all", "Download all"));

  document.addEventListener("click", (event) => {
    const several = event.target.closest(".get-together");
    if (!several) return;
    const asset = several.closest("[data-asset]");
    several.closest("[popover]")?.hidePopover();
    document.querySelector("#stage").close();
    get([asset.dataset.asset], "Download one asset");
  });
  // A menu has done its work once something of it is chosen.
  document.addEventListener("click", (event) => {
    if (event.target.closest(".get-menu a")) event.target.closest("[popover]").hidePopover();
  });

  // -- some of them -----------------------------------------------------------------------------------

  const bar = document.querySelector("#picked");
  const picked = () => [...document.querySelectorAll(".asset:has(.pick input:checked)")];
  let last;

  function showPicked() {
    const assets = picked();
    bar.hidden = assets.length === 0;
    const bytes = assets.reduce((sum, asset) => sum + Number(asset.dataset.bytes), 0);
    bar.querySelector(".picked-words").textContent = `${assets.length.toLocaleString("en")} selected · ${size(bytes)}`;
    main.classList.toggle("picking", assets.length > 0);
  }

  main.addEventListener("click", (event) => {
    const box = event.target.closest(".pick input");
    if (!box) return;
    const boxes = [...document.querySelectorAll(".asset .pick input")];
    const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
    if (event.shiftKey && from >= 0) {
      for (const between of boxes.slice(from, to + 1)) between.checked = box.checked;
    }
    last = box;
    showPicked();
  });
  bar.querySelector(".picked-clear").addEventListener("click", () => {
    for (const asset of picked()) asset.querySelector(".pick input").checked = false;
    showPicked();
    last?.focus();
  });
  bar.querySelector(".picked-get").addEventListener("click", () => {
    const assets = picked();
    get(assets.map((asset) => asset.dataset.asset), `Download ${count(assets.length, "asset", "assets")}`);
  });
  showPicked();
}
