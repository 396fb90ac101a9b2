// What plain forms and links do already, made quicker. Nothing on a page needs this file.
"use strict";

// <div data-poll="/address" data-every="2"> is replaced by what the address gives, while the page is looked at.
for (const place of document.querySelectorAll("[data-poll]")) {
  const every = 1000 * Number(place.dataset.every || 2);
  const look = async () => {
    if (!document.hidden) {
      try {
        const answer = await fetch(place.dataset.poll, { headers: { Accept: "text/html" } });
        if (answer.ok) {
          const text = await answer.text();
          if (text !== place.dataset.shown) { place.innerHTML = text; place.dataset.shown = text; tick(); }
        }
      } catch { /* the next look may succeed */ }
    }
    if (place.isConnected) setTimeout(look, every);
  };
  setTimeout(look, every);
}

// <time data-until="ISO time" data-left="…{}…"> counts down; the server's clock is in <html data-now>.
const ahead = Date.parse(document.documentElement.dataset.now) - Date.now() || 0;
function tick() {
  for (const time of document.querySelectorAll("time[data-until]")) {
    const left = Math.max(0, Math.round((Date.parse(time.dataset.until) - Date.now() - ahead) / 1000));
    const parts = [Math.floor(left / 3600), Math.floor(left / 60) % 60, left % 60].map((n) => String(n).padStart(2, "0"));
    time.textContent = parts.join(":");
  }
}
if (document.querySelector("time[data-until], [data-poll]")) { tick(); setInterval(tick, 1000); }
