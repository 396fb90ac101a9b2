// What plain forms and links do already, made quicker. Nothing on a page needs this file.
"use strict";

// This page without what the last form said.
function hereAnew() {
  const here = new URL(location.href);
  here.searchParams.delete("said");
  here.searchParams.delete("seen");
  return here.href;
}

// <div data-poll="/address" data-every="2"> is replaced by what the address gives, while the page is looked at. A tag
// (the answer's ETag, at first data-tag) spares what is there already; data-every inside says how often, 0 ends it. A new
// data-state inside concerns the whole page, which is fetched anew.
for (const place of document.querySelectorAll("[data-poll]")) {
  let tag = place.dataset.tag ? `"${place.dataset.tag}"` : "";
  let shown = "";
  const wait = () => {
    const inner = place.querySelector("[data-every]");
    return 1000 * Number((inner || place).dataset.every || 2);
  };
  const stateOf = () => place.querySelector("[data-state]")?.dataset.state;
  const begun = stateOf();
  const show = (text) => {
    const focused = place.contains(document.activeElement) ? document.activeElement.id : "";
    place.innerHTML = text;
    if (stateOf() !== begun) return location.replace(hereAnew());
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    const title = place.querySelector("[data-title]");
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
          const isPressed = place.querySelector("button:active, a:active"); // it would vanish under the finger
          if (text !== shown && !isPressed) {
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
  for (const time of document.querySelectorAll("time[data-until]")) {
    const left = Math.max(0, Math.round((Date.parse(time.dataset.until) - Date.now() - ahead) / 1000));
    const clock = [Math.floor(left / 3600) % 24, Math.floor(left / 60) % 60, left % 60].map((n) => String(n).padStart(2, "0"));
    const days = Math.floor(left / 86400);
    time.textContent = (days ? `${inDays.format(days)} ` : "") + clock.join(":");
  }
}
if (document.querySelector("time[data-until], [data-poll]")) { tick(); setInterval(tick, 1000); }
