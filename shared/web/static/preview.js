// The stage: one asset large, the next by arrow keys, buttons or a swipe.

const stage = document.querySelector("#stage");
const part = (name) => stage.querySelector(`.stage-${name}`);
const view = part("window");

/** Previews are at most 500 px long; enlarged beyond this they would only show their pixels. */
const ENLARGED = 1.8;

let shown;

const assets = () => [...document.querySelectorAll(".asset")];

function source(asset) {
  const open = asset.querySelector(".open");
  const { kind = "none", width = 0, height = 0 } = open?.dataset ?? {};
  return { kind, url: open?.href, width: Number(width), height: Number(height) };
}

function image({ url, width, height }, name) {
  const img = new Image(width, height);
  img.className = "waiting";
  img.alt = name;
  img.style.inlineSize = `${width * ENLARGED}px`;
  img.addEventListener("load", () => img.classList.remove("waiting"));
  img.addEventListener("error", () => {
    if (view.contains(img)) view.replaceChildren(words("The preview could not be loaded. Close it and reload the page."));
  });
  img.src = url;
  if (img.complete && img.naturalWidth > 0) img.classList.remove("waiting");
  return img;
}

function words(text, glyph) {
  const box = document.createElement("span");
  box.className = "stand-in";
  if (glyph) box.append(glyph.cloneNode(true));
  const state = document.createElement("span");
  state.className = "state";
  state.textContent = text;
  box.append(state);
  return box;
}

function player(kind, { url, width, height }) {
  const media = document.createElement(kind);
  media.controls = true;
  media.preload = "metadata";
  media.src = url;
  if (kind === "video") [media.width, media.height] = [width, height];
  return media;
}

function content(asset) {
  const what = source(asset);
  switch (what.kind) {
    case "image":
      return image(what, asset.dataset.name);
    case "video":
    case "audio":
      return player(what.kind, what);
    default: {
      const said = asset.querySelector(".state")?.textContent ?? "No preview for this file type";
      return words(said, asset.querySelector(".stand-in > .glyph"));
    }
  }
}

/** The asset's own buttons, moved here by copy: what the page offers, the stage offers. */
function downloads(asset) {
  const place = part("get");
  const focused = place.contains(document.activeElement);
  place.replaceChildren();
  for (const control of asset.querySelectorAll(".get-cell > *, .one-get > *")) {
    const copy = control.cloneNode(true);
    if (copy.id) copy.id = `stage-${copy.id}`;
    const target = copy.getAttribute("popovertarget");
    if (target) copy.setAttribute("popovertarget", `stage-${target}`);
    if (copy.matches(".button")) {
      copy.className = "button quiet icon get";
      copy.ariaLabel = `Download ${asset.dataset.name}`;
      copy.replaceChildren(copy.querySelector(".glyph"));
    }
    place.append(copy);
  }
  place.dataset.asset = asset.dataset.asset;
  // Whoever stood on the button before stands on its successor, and not outside the stage.
  if (focused) (place.querySelector("a, button") ?? part("close")).focus();
}

function show(asset) {
  shown = asset;
  const all = assets();
  const at = all.indexOf(asset);
  const { name, facts } = asset.dataset;
  const dot = name.lastIndexOf(".");
  const cut = dot > 0 && name.length - dot <= 12 ? dot : name.length;
  stage.querySelector("h2 > .stem").textContent = name.slice(0, cut);
  stage.querySelector("h2 > .extension").textContent = name.slice(cut);
  part("facts").textContent = facts;
  // The link may share more than the pages loaded so far.
  const total = Math.max(all.length, Number(document.querySelector("main").dataset.count));
  part("place").textContent = total > 1 ? `${at + 1} of ${total.toLocaleString("en")}` : "";
  view.replaceChildren(content(asset));
  downloads(asset);
  for (const [button, other] of [["previous", at - 1], ["next", at + 1]]) {
    part(button).hidden = total < 2;
    part(button).disabled = !(other in all);
    if (other in all) {
      const neighbour = source(all[other]);
      if (neighbour.kind === "image") new Image().src = neighbour.url;
    }
  }
}

function step(by) {
  const all = assets();
  const next = all[all.indexOf(shown) + by];
  if (next) show(next);
}

document.addEventListener("click", (event) => {
  const open = event.target.closest(".asset a.open");
  if (!open || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  show(open.closest(".asset"));
  stage.showModal();
});

part("close").addEventListener("click", () => stage.close());
part("previous").addEventListener("click", () => step(-1));
part("next").addEventListener("click", () => step(1));
// Beside the asset is outside of it.
view.addEventListener("click", (event) => {
  if (event.target === view && !swiped) stage.close();
});

// On the document: a button that is disabled at an end gives its focus to nobody.
document.addEventListener("keydown", (event) => {
  if (!stage.open) return;
  // A player keeps its own arrow keys, and so does an open menu.
  if (event.target.closest("video, audio, .menu") || event.altKey || event.ctrlKey || event.metaKey) return;
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (by) {
    event.preventDefault();
    step(by);
  } else if (event.key === "Home" || event.key === "End") {
    event.preventDefault();
    show(assets().at(event.key === "Home" ? 0 : -1));
  }
});

stage.addEventListener("close", () => {
  view.replaceChildren();
  part("get").replaceChildren();
  // Focus goes back to what is shown last, which the arrows may have moved on from what was clicked.
  const open = shown?.querySelector("a.open") ?? shown?.querySelector("a, button, input");
  open?.focus({ preventScroll: true });
  open?.scrollIntoView({ block: "nearest" });
});

let start;
let swiped = false;
view.addEventListener("pointerdown", (event) => {
  start = event.isPrimary && event.pointerType !== "mouse" ? event : undefined;
  swiped = false;
});
view.addEventListener("pointerup", (event) => {
  if (!start) return;
  const [x, y] = [event.clientX - start.clientX, event.clientY - start.clientY];
  start = undefined;
  if (Math.abs(x) > 48 && Math.abs(x) > 2 * Math.abs(y)) {
    swiped = true;
    step(x < 0 ? 1 : -1);
  }
});
