// A download of several files: asked for, followed while it is prepared, left and found again, then fetched.

import * as words from "./words.js";

const link = document.body.dataset.link;
const panel = document.querySelector("#bundle");
const part = (name) => panel.querySelector(`.bundle-${name}`);
const bar = panel?.querySelector("progress");
const KEY = `vitrine-bundle:${link}`;

const POLL = 1000;
const RETRIES = 5;
const UNREACHED = "The connection was lost. Check it, then press Retry.";

/** Counts the downloads of this page: an answer to an older one is not shown. */
let turn = 0;
let request;

const remembered = {
  get() {
    try {
      return JSON.parse(localStorage.getItem(KEY));
    } catch {
      return null;
    }
  },
  set(value) {
    try {
      if (value) localStorage.setItem(KEY, JSON.stringify(value));
      else localStorage.removeItem(KEY);
    } catch {
      // Storage is refused: the download goes on, though it is not found again after the page is left.
    }
  },
};

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** An answer's JSON, or an error in words for the recipient. */
async function ask(url, options) {
  let answer;
  try {
    answer = await fetch(url, { ...options, headers: { accept: "application/json", ...options?.headers } });
  } catch {
    throw Object.assign(new Error(UNREACHED), { passing: true });
  }
  const body = await answer.json().catch(() => ({}));
  if (answer.ok) return body;
  if (answer.status === 401) throw new Error("Your visit has ended. Reload the page to open the link again.");
  throw Object.assign(new Error(body.detail ?? "Something went wrong. Press Retry to start again."), {
    passing: answer.status >= 500 || answer.status === 429,
    missing: answer.status === 404,
  });
}

function show({ text, note = "", time = "", failed = false, ready, progress }) {
  panel.hidden = false;
  panel.classList.toggle("failed", failed);
  // Said aloud when it changes, which it does not with every byte.
  if (part("words").textContent !== text) part("words").textContent = text;
  part("note").textContent = note;
  part("time").textContent = time;
  bar.hidden = failed || Boolean(ready);
  if (progress === undefined) bar.removeAttribute("value");
  else bar.value = progress;
  part("retry").hidden = !failed;
  part("close").hidden = !failed && !ready;
  part("file").hidden = !ready;
  if (ready) {
    part("file").href = ready.file;
    part("file").lastChild.textContent = ready.label;
  }
}

function fail(error) {
  show({ text: "Your download could not be prepared", note: error.message, failed: true });
}

async function follow(id, mine, started) {
  const url = `${link}/bundles/${encodeURIComponent(id)}`;
  let first;
  let misses = 0;
  while (mine === turn) {
    let job;
    try {
      job = await ask(url);
      misses = 0;
    } catch (error) {
      misses += 1;
      if (!error.passing || misses > RETRIES) throw error;
      await pause(POLL * 2 ** misses);
      continue;
    }
    if (mine !== turn) return;
    if (job.status === "ready") {
      const file = `${url}/file`;
      const note = `${words.count(job.files, "file", "files")}, ${words.size(job.bytes)}`;
      if (started) {
        remembered.set(null);
        show({ text: "Your download has started", note, ready: { file, label: "Download again" } });
        location.assign(file);
      } else {
        // Coming back to a page should not start a download by itself.
        show({ text: "Your download is ready", note, ready: { file, label: "Download" } });
      }
      return;
    }
    if (job.status === "failed") throw new Error(job.reason ?? "Something went wrong. Press Retry to start again.");
    const now = performance.now();
    first ??= { now, done: job.done_bytes };
    const rate = (job.done_bytes - first.done) / (now - first.now);
    // A rate says nothing before it has been watched for a while.
    const known = now - first.now >= 3000 && rate > 0;
    show({
      text: `Preparing ${words.count(job.files, "file", "files")}`,
      note: started ? "You can leave this page and come back: it goes on meanwhile." : "Still being prepared since your last visit.",
      time: `${words.size(job.done_bytes)} of ${words.size(job.bytes)}${known ? ` · ${words.left((job.bytes - job.done_bytes) / rate / 1000)}` : ""}`,
      progress: job.bytes > 0 ? job.done_bytes / job.bytes : undefined,
    });
    await pause(POLL);
  }
}

/** Asks for a zip of `assets` ("all" or ids) as `renditions`, and fetches it when it is ready. */
export async function download(assets, renditions) {
  const mine = ++turn;
  request = { assets, renditions };
  show({ text: "Preparing your download" });
  panel.scrollIntoView({ block: "nearest" });
  try {
    const job = await ask(`${link}/bundles`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(request),
    });
    remembered.set({ id: job.id, request });
    await follow(job.id, mine, true);
  } catch (error) {
    if (mine !== turn) return;
    remembered.set(null);
    fail(error);
  }
}

if (panel) {
  part("retry").addEventListener("click", () => request && download(request.assets, request.renditions));
  part("close").addEventListener("click", () => {
    remembered.set(null);
    panel.hidden = true;
  });
  part("file").addEventListener("click", () => remembered.set(null));
  const before = remembered.get();
  if (before?.id && before.request) {
    const mine = ++turn;
    request = before.request;
    follow(before.id, mine, false).catch((error) => {
      remembered.set(null);
      // A zip that is no longer kept is nothing to bother the recipient with.
      if (mine === turn && !error.missing) fail(error);
    });
  }
}
