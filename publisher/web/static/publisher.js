// What plain forms and links do already, made quicker. Nothing on a page needs this file.
//
// What an element is asked for, by its data attributes:
//   data-poll=ADDRESS        is replaced by what the address gives, every data-every seconds (below)
//   data-until=TIME          a <time> that counts down
//   data-issue=ADDRESS       the head of an issue: its address, with data-mode, data-revision, data-editor, data-keys="off"
//   form[data-edits]         its fields save themselves to its action, by domain/draft.py: each is
//     data-field=NAME          named word.NAME, beside a hidden was.NAME with the mark of what was seen
//     data-of=NAME             around the field: here stand its conflict, its trouble, and who else is in it
//     data-shows=NAME          says what the field says, once that is saved
//     data-width=NAME          how wide it is; data-count=NAME how long, with the limit, as the network counts
//     data-post=NAME           the whole text of a post;  data-inherit=NAME, a button that takes the own text back;
//     data-fill=NAME           a button that puts its data-with into the field while that is empty, to write on from there;
//     data-put=NAME            a button that puts its data-with into the field;  data-one-line, a textarea without breaks
//   form[data-upload=BYTES]  a picture goes out without leaving the page; what went wrong stands in its data-upload-error
//   data-frame=ADDRESS       holds an <iframe> of it that follows what is saved, without a flicker; data-ground, data-size
//   data-piece=ADDRESS       is replaced by what the address gives whenever something was saved
//   form[data-quick]         goes out without leaving the page: <main> becomes what the answer's <main> is
//   data-order               a list of data-item=ID inside a form[data-edits] with the field `order`: each is moved by its
//                            data-handle (mouse, pen, finger) or with Alt+Up and Alt+Down; the order saves itself
//                            In a form[data-quick] its button data-mover goes out with move:ID:PLACE instead
//   data-rows                a list of data-row: j and k go from one to the next, which becomes .is-current
//   data-key=CODE            is pressed (a field: entered) with that physical key (KeyX, Digit3); inside of a data-row it is
//                            meant for the current row only. data-key-help opens the table of keys; keys are silent in
//                            fields, while a syllable is composed, and where data-keys is "off"
//   data-scrolls             a place that is scrolled by itself, and stays so
//   data-here                the row that an answer leads to
//   select[data-digits]      of the current row: Digit1 to Digit9 choose its option of that number, Digit0 its first;
//                            with h and l one goes to the list before and behind
//   select[data-presses=ID]  what is chosen presses that button;  form[data-filters] goes out when something is chosen
// Nothing is saved and nothing is drawn anew while a syllable is being composed.
"use strict";

document.documentElement.classList.add("has-script");

// This page without what the last form said.
function hereAnew() {
  const here = new URL(location.href);
  here.searchParams.delete("said");
  here.searchParams.delete("seen");
  return here.href;
}

const one = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const named = (attribute, name) => all(`[data-${attribute}="${CSS.escape(name)}"]`);

// --- composing: what must wait for the end of a syllable

let isComposing = false;
const waiting = new Map();
// Do it now, or once the syllable is whole; of what has the same name only the last.
function whenWhole(name, act) {
  if (isComposing) waiting.set(name, act);
  else act();
}
document.addEventListener("compositionstart", () => { isComposing = true; }, true);
document.addEventListener("compositionend", () => {
  isComposing = false;
  // A keyboard that goes on typing begins the next syllable at once, before any of this would run.
  setTimeout(() => {
    if (isComposing) return;
    const acts = [...waiting.values()];
    waiting.clear();
    for (const act of acts) act();
  });
}, true);

// Change a piece of the page; the focus stays where it was.
function redraw(place, html) {
  const focused = place.contains(document.activeElement) ? document.activeElement.id : "";
  place.innerHTML = html;
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

function announce(text) {
  const live = one("[data-live]");
  if (!live || !text) return;
  live.textContent = "";
  setTimeout(() => { live.textContent = text; }, 50);
}

// --- pieces that are looked at again and again

// <div data-poll="/address" data-every="2"> is replaced by what the address gives, while the page is looked at. A tag
// (the answer's ETag, at first data-tag) spares what is there already; data-every inside says how often, 0 ends it. A new
// data-state inside concerns the whole page, which is fetched anew.
for (const place of all("[data-poll]")) {
  let tag = place.dataset.tag ? `"${place.dataset.tag}"` : "";
  let shown = "";
  const wait = () => 1000 * Number((one("[data-every]", place) || place).dataset.every || 2);
  const stateOf = () => one("[data-state]", place)?.dataset.state;
  const begun = stateOf();
  const show = (text) => {
    redraw(place, text);
    if (stateOf() !== begun) return location.replace(hereAnew());
    const title = one("[data-title]", place);
    if (title) document.title = title.dataset.title;
    tick();
  };
  const look = async () => {
    if (!document.hidden) {
      try {
        const headers = { Accept: "text/html", ...(tag && { "If-None-Match": tag }) };
        const answer = await fetch(place.dataset.poll, { headers });
        if (answer.ok) {
          const text = await answer.text();
          tag = answer.headers.get("ETag") || "";
          const isPressed = one("button:active, a:active", place); // it would vanish under the finger
          const isTyped = one("input:focus, textarea:focus", place); // and so would what is being written
          if (text !== shown && !isPressed && !isTyped) {
            show(text);
            shown = text;
          }
        }
      } catch { /* the next look may succeed */ }
    }
    if (place.isConnected && wait()) setTimeout(look, wait());
  };
  if (wait()) setTimeout(look, wait());
}

// <time data-until="ISO time"> counts down; the server's clock is in <html data-now>.
const ahead = Date.parse(document.documentElement.dataset.now) - Date.now() || 0;
const inDays = new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: "day", unitDisplay: "long" });
function tick() {
  for (const time of all("time[data-until]")) {
    const left = Math.max(0, Math.round((Date.parse(time.dataset.until) - Date.now() - ahead) / 1000));
    const clock = [Math.floor(left / 3600) % 24, Math.floor(left / 60) % 60, left % 60].map((n) => String(n).padStart(2, "0"));
    const days = Math.floor(left / 86400);
    time.textContent = (days ? `${inDays.format(days)} ` : "") + clock.join(":");
  }
}
if (one("time[data-until], [data-poll]")) { tick(); setInterval(tick, 1000); }

// --- saving

const TYPING = 100; // milliseconds without a key before what was typed is saved
const AGAIN = [1, 2, 4, 8, 15]; // seconds between tries while the server does not answer

const head = () => one("[data-issue]");
const said = () => one("[data-saving]");
const store = head() && `publisher${head().dataset.issue}:${head().dataset.editor}`;
// What is written and not saved yet: field → {value, was}. `held` are those that wait for a choice or a correction.
const written = new Map();
const held = new Set();
let timer = 0, isSaving = false, tries = 0;

const fieldOf = (name) => named("field", name)[0];
const markOf = (element) => element.form?.elements[`was.${element.dataset.field}`];
const valueOf = (element) => (element.type === "checkbox" ? (element.checked ? element.value : "") : element.value);
function fill(element, value) {
  if (element.type === "checkbox") element.checked = Boolean(value);
  else if (element.type === "radio") for (const choice of named("field", element.dataset.field)) choice.checked = choice.value === value;
  else if (element.value !== value) element.value = value;
  inherited(element);
}

function status(key, more = "") {
  const place = said();
  if (!place) return;
  place.textContent = [place.dataset[`said${key[0].toUpperCase()}${key.slice(1)}`], more].filter(Boolean).join(" ");
  place.classList.toggle("is-trouble", ["kept", "large", "refused", "conflict"].includes(key));
}

function keepHere() {
  try {
    if (written.size) localStorage.setItem(store, JSON.stringify([...written]));
    else localStorage.removeItem(store);
  } catch { /* private windows may have no room: then the words are on the page only */ }
}

function wrote(element) {
  const name = element.dataset.field;
  const mark = markOf(element);
  if (!mark) return;
  written.set(name, { value: valueOf(element), was: mark.value });
  if (held.has(name) && !named("conflict", name).length) held.delete(name); // it was corrected
  inherited(element);
  whenWhole("save", soon);
}

function soon() {
  keepHere();
  clearTimeout(timer);
  timer = setTimeout(() => whenWhole("save", save), TYPING);
}

async function save() {
  clearTimeout(timer);
  const sent = new Map([...written].filter(([name]) => !held.has(name)));
  if (isSaving || !sent.size || !head()) return;
  isSaving = true;
  status("saving");
  const body = new URLSearchParams();
  for (const [name, { value, was }] of sent) {
    body.append(`word.${name}`, value);
    body.append(`was.${name}`, was);
  }
  try {
    const answer = await fetch(editsAt(), { method: "POST", body, headers: { Accept: "application/json" } });
    if (answer.status >= 500) throw new Error(String(answer.status));
    if (answer.ok) await answer.json().then((told) => saved(told, sent));
    else await refusedWhole(answer, sent);
    tries = 0;
  } catch {
    status("kept");
    timer = setTimeout(() => whenWhole("save", save), 1000 * AGAIN[Math.min(tries++, AGAIN.length - 1)]);
  }
  isSaving = false;
  if (!tries && [...written.keys()].some((name) => !held.has(name))) soon();
}

const editsAt = () => `${head().dataset.issue}/edits${location.search.includes("lang=") ? `?lang=${document.documentElement.lang}` : ""}`;

async function refusedWhole(answer, sent) {
  for (const name of sent.keys()) held.add(name); // sent again once it says something else
  if (answer.status === 413) return status("large");
  status("refused", (await answer.text()).trim().slice(0, 300));
}

function saved(told, sent) {
  const wasAway = tries > 0;
  // More than one further: somebody else wrote something too, which is asked for below.
  const isAlone = told.revision <= Number(head().dataset.revision) + 1;
  if (isAlone) head().dataset.revision = told.revision;
  for (const [name, { value, mark }] of Object.entries(told.fields)) {
    const element = fieldOf(name);
    const now = written.get(name);
    if (element && markOf(element)) markOf(element).value = mark;
    if (now && now.value === sent.get(name)?.value) written.delete(name);
    else if (now) now.was = mark;
    // Under the hands of a writer nothing is put straight, not even a space too many.
    if (element && !written.has(name) && element !== document.activeElement) whenWhole(`fill ${name}`, () => fill(element, value));
    whenWhole(`told ${name}`, () => {
      untroubled(name);
      for (const place of named("shows", name)) place.textContent = value;
    });
  }
  for (const [name, why] of Object.entries(told.refused)) { held.add(name); whenWhole(`told ${name}`, () => troubled(name, why)); }
  for (const conflict of told.conflicts) { held.add(conflict.field); whenWhole(`conflict ${conflict.field}`, () => ask(conflict)); }
  keepHere();
  whenWhole("counts", () => { counted(told.counts); follow(); });
  if (told.conflicts.length) status("conflict");
  else if (Object.keys(told.refused).length) status("refused", Object.values(told.refused).join(" "));
  else if (told.problem) status("refused", told.problem);
  else status(told.voided ? "voided" : wasAway ? "back" : "saved");
  clearTimeout(attending);
  if (!isAlone || told.voided || told.problem || head().dataset.problem) attend();
  else attending = setTimeout(attend, 1_500); // what keeps it from being approved may have changed with it
  head().dataset.problem = told.problem;
}

function counted(counts) {
  for (const [name, { length, limit, text, words }] of Object.entries(counts)) {
    for (const place of named("width", name)) place.textContent = place.textContent.replace(/[\d,.]+/, String(length));
    for (const place of named("count", name)) {
      const bar = one("progress", place);
      bar.value = length; bar.max = limit;
      bar.classList.toggle("is-full", length > 0.95 * limit);
      one("span", place).textContent = `${length} / ${limit}`;
      place.classList.toggle("is-over", length > limit);
    }
    for (const place of named("post", name)) place.textContent = text;
    for (const button of named("fill", name)) button.dataset.with = words;
    const field = fieldOf(name);
    if (field && !field.value && words !== undefined) field.placeholder = words;
  }
}

function troubled(name, why) {
  const field = fieldOf(name), place = named("of", name)[0];
  if (!field || !place) return;
  untroubled(name);
  const told = document.createElement("p");
  told.className = "error";
  told.id = `${name}:error`;
  told.textContent = why;
  place.append(told);
  field.setAttribute("aria-invalid", "true");
}

function untroubled(name) {
  document.getElementById(`${name}:error`)?.remove();
  fieldOf(name)?.removeAttribute("aria-invalid");
}

// Two people wrote into one field: both texts, and a choice.
function ask({ field: name, theirs, mark, by, at, is_gone: isGone }) {
  const place = named("of", name)[0] || one(".issue-head");
  for (const old of named("conflict", name)) old.remove();
  const box = one(isGone ? "#gone" : "#conflict").content.firstElementChild.cloneNode(true);
  box.dataset.conflict = name;
  for (const [part, text] of Object.entries({ by, at, theirs })) for (const spot of all(`[data-is=${part}]`, box)) spot.textContent = text;
  const settle = (isMine) => {
    const element = fieldOf(name);
    held.delete(name);
    box.remove();
    if (element && markOf(element)) markOf(element).value = mark;
    if (isMine && !isGone) written.get(name).was = mark;
    else { written.delete(name); if (element) fill(element, theirs); }
    keepHere();
    status("saved");
    element?.focus();
    soon();
  };
  one("[data-mine]", box)?.addEventListener("click", () => settle(true));
  one("[data-theirs]", box)?.addEventListener("click", () => settle(false));
  place.append(box);
  announce(box.textContent.trim().replace(/\s+/g, " "));
}

// A field with nothing in it says what it inherits; only one that has its own text can go back.
function inherited(element) {
  for (const button of named("inherit", element.dataset.field)) button.hidden = !element.value;
  for (const button of named("fill", element.dataset.field)) button.hidden = Boolean(element.value);
}

// As if it had been typed, so that undo takes it back.
function type(element, text) {
  element.focus();
  element.select();
  if (!(text ? document.execCommand("insertText", false, text) : document.execCommand("delete"))) { element.value = text; wrote(element); }
}

document.addEventListener("input", (event) => {
  if (event.target.dataset?.field && event.target.form?.hasAttribute("data-edits")) wrote(event.target);
});
document.addEventListener("focusout", () => setTimeout(() => { if (written.size && !tries) whenWhole("save", save); }));
document.addEventListener("submit", (event) => {
  if (event.target.hasAttribute("data-edits")) { event.preventDefault(); whenWhole("save", save); }
});
addEventListener("pagehide", () => {
  const left = [...written].filter(([name]) => !held.has(name));
  if (!left.length) return;
  const body = new URLSearchParams(left.flatMap(([name, { value, was }]) => [[`word.${name}`, value], [`was.${name}`, was]]));
  // What does not get through stays in the browser, and is saved when the page is open again.
  fetch(editsAt(), { method: "POST", body, keepalive: true, headers: { Accept: "application/json" } }).catch(() => {});
});

// What is not saved yet stands in its fields, however the page came to be.
function putBack() {
  for (const [name, { value }] of written) {
    const element = fieldOf(name);
    if (element) fill(element, value);
  }
  if (written.size) soon();
}

if (store) {
  let found = [];
  try { found = JSON.parse(localStorage.getItem(store) || "[]"); } catch { /* not ours, or cut */ }
  for (const [name, { value, was }] of found) {
    const element = fieldOf(name);
    if (!element || valueOf(element) !== value) written.set(name, { value, was });
  }
  keepHere();
  if (written.size) status("found");
  putBack();
}
for (const element of all("[data-field]")) inherited(element);

// --- surfaces that follow

// The new picture is loaded behind the old one and shown when it is whole.
function follow() {
  for (const place of all("[data-frame]")) {
    if (place.closest("[hidden]") || !place.offsetParent) { place.dataset.isOld = "true"; continue; }
    refresh(place);
  }
  for (const place of all("[data-piece]")) fetchPiece(place);
}

function refresh(place) {
  delete place.dataset.isOld;
  const shown = one("iframe:not([data-coming])", place);
  one("iframe[data-coming]", place)?.remove();
  const coming = shown.cloneNode();
  coming.dataset.coming = "";
  coming.removeAttribute("loading");
  coming.src = frameAddress(place);
  coming.addEventListener("load", () => {
    if (!coming.isConnected) return;
    delete coming.dataset.coming;
    shown.remove();
    place.dispatchEvent(new CustomEvent("followed", { bubbles: true }));
  }, { once: true });
  place.append(coming);
}

function frameAddress(place) {
  const [address, anchor] = place.dataset.frame.split("#");
  return `${address}${address.includes("?") ? "&" : "?"}r=${head().dataset.revision}${anchor ? `#${anchor}` : ""}`;
}

async function fetchPiece(place) {
  try {
    const answer = await fetch(place.dataset.piece, { headers: { Accept: "text/html" } });
    if (answer.ok) { const text = await answer.text(); whenWhole(`piece ${place.dataset.piece}`, () => redraw(place, text)); }
  } catch { /* what is shown is a little older, until the next save */ }
}

document.addEventListener("change", () => {
  for (const place of all("[data-frame][data-is-old]")) if (place.offsetParent) refresh(place);
});

// --- who else is here

const EVERY = 15_000;
let attended = 0, attending = 0, placeTold = "";

async function attend() {
  if (document.hidden || !head()) return;
  attended = Date.now();
  placeTold = placeNow();
  const body = new URLSearchParams({ place: placeTold, revision: head().dataset.revision });
  try {
    const answer = await fetch(editsAt().replace("/edits", "/presence"), { method: "POST", body, headers: { Accept: "application/json" } });
    if (answer.ok) await answer.json().then((told) => whenWhole("attend", () => others(told)));
  } catch { /* said again in a while */ }
}

const placeNow = () => document.activeElement?.dataset?.field || head().dataset.mode;

function others(told) {
  const doing = one("[data-doing]");
  if (doing && doing.innerHTML !== told.doing && !one(":active", doing)) redraw(doing, told.doing);
  for (const place of all("[data-of]")) delete place.dataset.other;
  for (const { name, place } of told.others) for (const field of named("of", place)) field.dataset.other = name;
  let isNews = false;
  for (const [name, { value, mark }] of Object.entries(told.fields)) {
    const element = fieldOf(name);
    if (written.has(name)) continue;
    for (const place of named("shows", name)) place.textContent = value;
    if (!element || !markOf(element) || markOf(element).value === mark || element === document.activeElement) continue;
    markOf(element).value = mark;
    fill(element, value);
    isNews = true;
  }
  if (Object.keys(told.fields).length && !isSaving) {
    head().dataset.revision = told.revision;
    follow();
    if (isNews) { status("others"); said().textContent = said().textContent.replace("%s", told.by); announce(said().textContent); }
  }
}

if (head()?.hasAttribute("data-attends")) {
  attend();
  setInterval(attend, EVERY);
  document.addEventListener("focusin", () => { if (placeNow() !== placeTold && Date.now() - attended > 2_000) attend(); });
  document.addEventListener("visibilitychange", () => { if (Date.now() - attended > 2_000) attend(); });
}

// --- forms that leave the page where it is

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.hasAttribute("data-quick") || event.defaultPrevented) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form, event.submitter));
  try {
    if (written.size) await save();
    // A button without a formaction says the address of the page instead of nothing.
    const way = event.submitter?.hasAttribute("formaction") ? event.submitter.formAction : form.action;
    const answer = await fetch(way, { method: "POST", body, headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const main = one("main", page);
    if (!main || page.documentElement.lang !== document.documentElement.lang) throw new Error("another page");
    whenWhole("main", () => become(main, answer));
  } catch {
    form.submit();
  }
});

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.hasAttribute("data-upload")) return;
  event.preventDefault();
  const told = one("[data-upload-error]", form), file = form.elements.file.files[0];
  told.textContent = "";
  if (file.size > Number(form.dataset.upload)) { told.textContent = form.dataset.tooLarge; return; }
  status("saving");
  try {
    if (written.size) await save();
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } });
    if (!answer.ok) { told.textContent = answer.status === 413 ? form.dataset.tooLarge : (await answer.text()).trim(); return status("refused"); }
    const page = await fetch(hereAnew(), { headers: { Accept: "text/html" } });
    become(one("main", new DOMParser().parseFromString(await page.text(), "text/html")), page);
    status("saved");
  } catch { status("kept"); }
});

function become(main, answer) {
  const row = one(".is-current")?.id;
  const scrolled = all("[data-scrolls]").map((place) => [place.id, place.scrollTop]);
  redraw(one("main"), main.innerHTML);
  for (const [id, top] of scrolled) if (document.getElementById(id)) document.getElementById(id).scrollTop = top;
  if (answer.redirected) history.replaceState(null, "", answer.url);
  held.clear();
  putBack();
  for (const element of all("[data-field]")) inherited(element);
  // What the answer leads to, else the row that was current; the focus goes there only if it has nowhere else to be.
  const next = one("main [data-here]") || (row && document.getElementById(row));
  if (next) makeCurrent(next, document.activeElement === document.body);
  if (answer.status >= 400) one("main .alert")?.scrollIntoView({ block: "center" });
  announce(one(".saving, .alert", one("main"))?.textContent.trim());
  tick();
}

// --- the order of a list

const orderOf = (list) => all("[data-item]", list).map((row) => row.dataset.item).join(" ");

function reordered(list, row) {
  const mover = list.closest("form[data-quick]")?.querySelector("[data-mover]");
  if (mover) {
    mover.value = `move:${row.dataset.item}:${all("[data-item]", list).indexOf(row) + 1}`;
    return mover.form.requestSubmit(mover);
  }
  const field = list.closest("form")?.elements["word.order"];
  if (!field || field.value === orderOf(list)) return;
  field.value = orderOf(list);
  wrote(field);
  const place = all("[data-item]", list).indexOf(row) + 1;
  announce(said()?.dataset.saidMoved?.replace("%s", String(place)));
}

let dragged = null;
document.addEventListener("pointerdown", (event) => {
  const row = event.target.closest?.("[data-handle]")?.closest("[data-item]");
  if (!row || event.button) return;
  event.preventDefault();
  dragged = { row, list: row.closest("[data-order]"), before: row.nextElementSibling };
  row.classList.add("is-dragged");
});
document.addEventListener("pointermove", (event) => {
  if (!dragged) return;
  const { row } = dragged;
  const middle = (other) => { const box = other.getBoundingClientRect(); return box.top + box.height / 2; };
  // The neighbours move around the row: one that is taken out of the page would lose the finger that holds it.
  for (let other = row.previousElementSibling; other && event.clientY < middle(other); other = row.previousElementSibling) row.after(other);
  for (let other = row.nextElementSibling; other && event.clientY > middle(other); other = row.nextElementSibling) row.before(other);
});
function dropped(isDone) {
  if (!dragged) return;
  const { row, list, before } = dragged;
  dragged = null;
  row.classList.remove("is-dragged");
  if (isDone) reordered(list, row);
  else list.insertBefore(row, before);
}
document.addEventListener("pointerup", () => dropped(true));
document.addEventListener("pointercancel", () => dropped(false));

function moveBy(row, step) {
  const other = step < 0 ? row.previousElementSibling : row.nextElementSibling;
  if (!other) return;
  // It is the other one that is moved: what leaves the page for a moment loses the focus.
  if (step < 0) row.after(other);
  else row.before(other);
  row.scrollIntoView({ block: "nearest" });
  reordered(row.closest("[data-order]"), row);
}

// --- keys

const IN_FIELDS = "input:not([type=checkbox], [type=radio], [type=submit], [type=button]), textarea, select, [contenteditable]";
const rows = () => all("[data-rows] [data-row]").filter((row) => row.offsetParent);

function makeCurrent(row, isFocused = true) {
  for (const other of all(".is-current")) other.classList.remove("is-current");
  row.classList.add("is-current");
  if (isFocused) {
    if (!row.hasAttribute("tabindex")) row.tabIndex = -1;
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }
}

function go(step) {
  const there = rows();
  const at = there.indexOf(one(".is-current"));
  const next = there[at < 0 ? (step > 0 ? 0 : there.length - 1) : Math.min(Math.max(at + step, 0), there.length - 1)];
  if (next) makeCurrent(next);
}

function press(element) {
  if (element.matches(IN_FIELDS) || element.matches("[tabindex='-1']")) {
    element.focus();
    element.scrollIntoView({ block: "nearest" });
  } else element.click();
}

// The element that this key is for: in the current row, else on the page outside of all rows.
function keyed(code) {
  const meant = all(`[data-key="${code}"]`).filter((element) => element.offsetParent && !element.disabled);
  const row = document.activeElement?.closest?.("[data-row]") || one("[data-row].is-current");
  return meant.find((element) => row?.contains(element)) || meant.find((element) => !element.closest("[data-row]"));
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || isComposing || event.keyCode === 229) return;
  if (event.code === "Enter" && event.target.matches?.("[data-one-line]")) return event.preventDefault();
  if (event.code === "Escape") {
    if (dragged) return dropped(false);
    if (event.target.matches?.(IN_FIELDS)) return event.target.blur();
    return;
  }
  const row = event.target.closest?.("[data-item]");
  if (event.altKey && !event.ctrlKey && !event.metaKey && ["ArrowUp", "ArrowDown"].includes(event.code)) {
    const moved = row || one("[data-item].is-current");
    if (!moved?.closest("[data-order]")) return;
    event.preventDefault();
    return moveBy(moved, event.code === "ArrowUp" ? -1 : 1);
  }
  if (event.altKey || event.ctrlKey || event.metaKey || head()?.dataset.keys === "off") return;
  if (event.target.matches?.(IN_FIELDS) || one("dialog[open]")) return;
  if (event.key === "?" || (event.code === "Slash" && event.shiftKey)) {
    event.preventDefault();
    return one("#keys")?.showModal();
  }
  if (event.shiftKey) return;
  // Enter presses what has the focus, and only of a row that has it itself what is meant by Enter there.
  if (event.code === "Enter" && event.target.matches?.("a[href], button, summary")) return;
  const element = keyed(event.code);
  if (element) {
    event.preventDefault();
    press(element);
  } else if (["KeyJ", "KeyK"].includes(event.code) && rows().length) {
    event.preventDefault();
    go(event.code === "KeyJ" ? 1 : -1);
  }
});
document.addEventListener("focusin", (event) => {
  const row = event.target.closest?.("[data-rows] [data-row]");
  if (row) makeCurrent(row, false);
});
document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-key-help]")) one("#keys")?.showModal();
  const fills = event.target.closest?.("[data-fill]");
  if (fills) type(fieldOf(fills.dataset.fill), fills.dataset.with);
  const puts = event.target.closest?.("[data-put]");
  if (puts) type(fieldOf(puts.dataset.put), puts.dataset.with);
  const inherits = event.target.closest?.("[data-inherit]");
  if (inherits) type(fieldOf(inherits.dataset.inherit), "");
});

// --- choosing

document.addEventListener("change", (event) => {
  const presses = event.target.dataset?.presses;
  if (presses) document.getElementById(presses).click();
  else if (event.target.matches?.("select, [type=checkbox]")) event.target.closest("form[data-filters]")?.requestSubmit();
});
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || isComposing || event.keyCode === 229) return;
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || head()?.dataset.keys === "off") return;
  if (event.target.matches?.(IN_FIELDS) || one("dialog[open]")) return;
  const row = document.activeElement?.closest?.("[data-row]") || one("[data-row].is-current");
  const choice = /^Digit\d$/.test(event.code) && row && one("select[data-digits]", row);
  if (choice && choice.options[event.code.slice(5)]) {
    event.preventDefault();
    choice.selectedIndex = Number(event.code.slice(5));
    choice.dispatchEvent(new Event("change", { bubbles: true }));
  } else if (["KeyH", "KeyL"].includes(event.code)) {
    const lists = all("[data-rows]").filter((list) => list.offsetParent);
    const there = lists[Math.min(Math.max((row ? lists.indexOf(row.closest("[data-rows]")) : 0) + (event.code === "KeyH" ? -1 : 1), 0), lists.length - 1)];
    const first = there && (all("[data-row]", there).find((one) => one.getBoundingClientRect().top >= 0) || one("[data-row]", there));
    if (first) { event.preventDefault(); makeCurrent(first); }
  }
});
