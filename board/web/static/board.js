/* Keeps a page of the board live: follows the study's event stream, says what is silent, and
   brings the view up to date without moving focus, text or the revision that is being signed.

   EventSource is used as it is, not htmx's extension: that one disconnects hidden tabs by default,
   and reports a silent stream to nobody. Nothing is "live" until a beat says so. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const SILENT_MS = 8000;  /* A beat is late by up to 2 s: red within 10 s. */
  const REFRESH_MS = 1000;
  const body = document.body;
  const base = body.dataset.base;
  const view = document.getElementById("view");
  const live = document.getElementById("live");
  if (!base || !view || !live) return;

  const state = {
    beatAt: null, openedAt: performance.now(), beat: null, ended: false, paused: false,
    refreshedAt: -REFRESH_MS, refreshing: false, timer: null, revisions: {},
    shown: Number(body.dataset.version), wanted: Number(body.dataset.version),
    fixed: new URLSearchParams(location.search).has("as_of"),
  };

  /* Status */

  function setStatus(name, text) {
    const words = live.querySelector(".live-text");
    if (live.dataset.state === name && words.textContent === text) return;
    const turned = live.dataset.state !== name;
    live.dataset.state = name;
    words.textContent = text;
    if (turned) document.getElementById("urgent").textContent = name === "dead" ? text : "";
  }

  function silentParts(now) {
    const parts = [];
    const since = state.beatAt === null ? state.openedAt : state.beatAt;
    if (now - since > SILENT_MS) {
      parts.push(`the board's server, for ${Math.floor((now - since) / 1000)} s`);
    } else if (state.beat) {
      for (const [part, seconds] of Object.entries(state.beat.silent)) {
        parts.push(`the ${part}, for ${Math.floor(seconds)} s`);
      }
    }
    return parts;
  }

  function showStatus() {
    const now = performance.now();
    if (state.ended) return setStatus("dead", "not live: you are signed out");
    if (state.fixed) return;
    const silent = silentParts(now);
    if (silent.length) return setStatus("dead", `not live: silent is ${silent.join(", and ")}`);
    if (state.beatAt === null) return;
    if (state.beat.fault) return setStatus("dead", `not live: ${state.beat.fault}`);
    if (!state.beat.live) return setStatus("dead", "not live");
    if (state.paused) return setStatus("still", "paused by you: not live");
    if (!inert()) return setStatus("still", "not live: newer data wait for your text");
    setStatus("live", "live");
  }

  /* Parts of the status line that change with each record. */
  function showPosition(beat) {
    if (state.fixed || beat.position === undefined) return;
    const behind = document.querySelector('#status [data-part="behind"]');
    if (behind) {
      const count = Math.max(beat.end - beat.position, 0);
      behind.dataset.value = count;
      behind.replaceChildren("behind by ", bold(count), count === 1 ? " record" : " records");
    }
  }

  function bold(value) {
    const element = document.createElement("b");
    element.textContent = value.toLocaleString("en-GB");
    return element;
  }

  /* Refreshing */

  function isTouched(form) {
    return [...form.elements].some((field) => {
      if (field.type === "hidden" || field.type === "submit" || field.type === "button") return false;
      if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
      if (field.options) return [...field.options].some((each) => each.selected !== each.defaultSelected)
        && ![...field.options].every((each) => !each.defaultSelected);
      return "defaultValue" in field && field.value !== field.defaultValue;
    });
  }

  /* A form is in use while it has text of the reader, or the reader is in one of its fields. */
  function formsInUse() {
    return [...view.querySelectorAll("form")].filter((form) => {
      const active = document.activeElement;
      const inside = form.contains(active) && active.matches("input, textarea, select");
      return inside || isTouched(form) || form.dataset.sent === "1";
    });
  }

  function inert() {
    return state.shown >= state.wanted || formsInUse().length === 0;
  }

  function showNotice() {
    const forms = formsInUse();
    let notice = document.getElementById("changed");
    const chosen = forms.flatMap((form) => [...form.querySelectorAll('[name="alert"]')]);
    const stale = chosen.some((field) => {
      const [id, revision] = field.value.split(":");
      return state.revisions[id] !== undefined && state.revisions[id] !== Number(revision);
    });
    const region = document.getElementById("polite");
    const wanted = state.shown < state.wanted && forms.length > 0 && !state.fixed;
    if (!wanted) return region.replaceChildren();
    const text = stale
      ? "changed: the alert has another revision than this form signs. Copy your reason, then "
      : "changed: newer data wait, and your text stays as it is. To see them, ";
    if (region.firstChild && region.firstChild.textContent === text) return;
    const link = document.createElement("a");
    link.href = location.href;
    link.textContent = "reload";
    region.replaceChildren(document.createTextNode(text), link);
  }

  function refreshSoon() {
    showNotice();
    if (state.shown >= state.wanted || state.fixed || state.paused || state.refreshing) return;
    if (formsInUse().length) return;
    const wait = state.refreshedAt + REFRESH_MS - performance.now();
    clearTimeout(state.timer);
    /* Without a timer where possible: a hidden tab has few of them. */
    if (wait <= 0) refresh();
    else state.timer = setTimeout(refresh, wait);
  }

  async function refresh() {
    if (state.refreshing || state.paused || formsInUse().length) return;
    state.refreshing = true;
    state.refreshedAt = performance.now();
    try {
      const answer = await fetch(location.href, { headers: { "X-Tocsin-Refresh": "1" }, redirect: "manual", cache: "no-store" });
      if (answer.type === "opaqueredirect" || answer.status === 401) { state.ended = true; return; }
      if (!answer.ok) return;
      const fetched = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = fetched.getElementById("view");
      if (!fresh || state.paused || formsInUse().length) return;
      adopt(fetched, fresh);
    } catch (error) {
      /* The stream says that the server is silent. */
    } finally {
      state.refreshing = false;
      showStatus();
      refreshSoon();
    }
  }

  function adopt(fetched, fresh) {
    const scroll = [window.scrollX, window.scrollY];
    morph(view, fresh);
    for (const selector of ["nav.menu", "footer.bottom"]) {
      const [old, now] = [document.querySelector(selector), fetched.querySelector(selector)];
      if (old && now) morph(old, now);
    }
    for (const now of fetched.querySelectorAll("#status [data-part]")) {
      const old = document.querySelector(`#status [data-part="${now.dataset.part}"]`);
      if (old) morph(old, now);
    }
    document.title = fetched.title;
    for (const name of ["position", "version", "token"]) body.dataset[name] = fetched.body.dataset[name];
    state.shown = Number(fetched.body.dataset.version);
    window.scrollTo(...scroll);
    document.dispatchEvent(new CustomEvent("board:changed"));
  }

  /* Make the children and attributes of *old* those of *now*, and keep every node that can be kept,
     so that focus, selection, scrolling and opened details stay where they are. */
  function morph(old, now) {
    copyAttributes(old, now);
    const rest = [...old.childNodes];
    let place = old.firstChild;
    for (const wanted of [...now.childNodes]) {
      const index = rest.findIndex((each) => matches(each, wanted));
      if (index < 0) {
        old.insertBefore(document.importNode(wanted, true), place);
        continue;
      }
      const [kept] = rest.splice(index, 1);
      if (kept !== place) bringTo(old, kept, place);
      if (kept.nodeType === Node.ELEMENT_NODE) {
        if (!kept.isEqualNode(wanted)) morph(kept, wanted);
      } else if (kept.nodeValue !== wanted.nodeValue) {
        kept.nodeValue = wanted.nodeValue;
      }
      place = kept.nextSibling;
    }
    for (const left of rest) left.remove();
  }

  /* Put *kept* before *place*; where the focus is in it, the others move: moving would lose it. */
  function bringTo(parent, kept, place) {
    if (!kept.contains(document.activeElement)) return parent.insertBefore(kept, place);
    while (kept.previousSibling && place && place !== kept) {
      const next = place.nextSibling;
      parent.insertBefore(place, kept.nextSibling);
      place = next;
    }
  }

  function matches(one, other) {
    if (one.nodeType !== other.nodeType || one.nodeName !== other.nodeName) return false;
    return one.nodeType !== Node.ELEMENT_NODE || (one.id === other.id && keyOf(one) === keyOf(other));
  }

  /* What a row or a card is about: a row that is inserted above must not shift the focus to another. */
  function keyOf(element) {
    if (element.dataset.alert) return element.dataset.alert;
    return element.nodeName === "TR" && element.cells.length ? element.cells[0].textContent : "";
  }

  function copyAttributes(old, now) {
    for (const { name } of [...old.attributes]) {
      if (!now.hasAttribute(name) && !(name === "open" && old.nodeName === "DETAILS")) old.removeAttribute(name);
    }
    for (const { name, value } of [...now.attributes]) {
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
  }

  /* Pause */

  function addPause() {
    const button = document.createElement("button");
    button.type = "button";
    button.id = "pause";
    button.className = "link";
    button.textContent = "pause";
    button.setAttribute("aria-pressed", "false");
    button.title = "Stop the page from changing by itself";
    button.addEventListener("click", () => {
      state.paused = !state.paused;
      button.textContent = state.paused ? "go on" : "pause";
      button.setAttribute("aria-pressed", String(state.paused));
      showStatus();
      refreshSoon();
    });
    live.after(button);
  }

  /* Stream */

  function connect() {
    const source = new EventSource(`${base}/events?version=${state.shown}`);
    source.addEventListener("beat", (message) => {
      state.beat = JSON.parse(message.data);
      state.beatAt = performance.now();
      if (state.beat.version !== undefined) state.wanted = state.beat.version;
      if (state.wanted < state.shown) state.shown = -1;  /* The follower began anew. */
      showPosition(state.beat);
      showStatus();
      refreshSoon();
    });
    source.addEventListener("changed", (message) => {
      const { version, revisions } = JSON.parse(message.data);
      state.wanted = version;
      state.revisions = revisions;
      showNotice();
      refreshSoon();
    });
    source.addEventListener("ended", () => { state.ended = true; source.close(); showStatus(); });
    source.addEventListener("error", () => {
      /* A refused stream is not retried by the browser. */
      if (source.readyState === EventSource.CLOSED && !state.ended) setTimeout(connect, 3000);
    });
  }

  /* A form is sent once: a second click while it is on its way does nothing. */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method.toLowerCase() !== "post") return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
  document.addEventListener("focusout", () => setTimeout(refreshSoon, 0));
  document.addEventListener("input", showNotice);

  if (!state.fixed) {
    addPause();
    connect();
    setInterval(showStatus, 500);
  }
});
