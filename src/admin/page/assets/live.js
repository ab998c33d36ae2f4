// Brings the parts of the page with `data-live` up to date. The page is whole without it.
"use strict";
(() => {
  const EVERY = 10000;
  const LIMIT = 8000;
  const box = document.getElementById("live");
  const button = box.querySelector("button");
  const state = box.querySelector("[role=status]");
  let timer = 0;

  // Whoever is in a part, by keyboard or with a selection, keeps it as it is.
  const inUse = (part) => {
    const selection = document.getSelection();
    return part.contains(document.activeElement) ||
      (!selection.isCollapsed && selection.containsNode(part, true));
  };

  const update = async () => {
    if (document.visibilityState !== "visible") return;
    try {
      const address = new URL(location.href);
      address.hash = "";
      const options = { headers: { accept: "text/html" }, signal: AbortSignal.timeout(LIMIT) };
      const answer = await fetch(address, options);
      if (!answer.ok) throw new Error(String(answer.status));
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const part of document.querySelectorAll("[data-live]")) {
        const fresh = page.getElementById(part.id);
        if (fresh && !inUse(part) && !part.isEqualNode(fresh)) part.replaceWith(document.adoptNode(fresh));
      }
      state.textContent = "";
    } catch {
      state.textContent = "The daemon does not answer; what is shown may be old.";
    }
  };

  const run = async () => {
    await update();
    if (timer) timer = setTimeout(run, EVERY);
  };

  const set = (on) => {
    clearTimeout(timer);
    timer = on ? setTimeout(run, EVERY) : 0;
    button.setAttribute("aria-pressed", String(on));
  };

  button.addEventListener("click", () => set(button.getAttribute("aria-pressed") !== "true"));
  box.hidden = false;
  set(true);
})();
