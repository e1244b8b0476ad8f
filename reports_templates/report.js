// Sorting, filtering and "show all" of tables; a page without it shows every row.
(() => {
  const all = (root, selector) => [...root.querySelectorAll(selector)];
  const value = (row, place) => {
    const cell = row.children[place], number = cell.dataset.v;
    return number === undefined ? cell.textContent.trim() : number === "" ? -Infinity : Number(number);
  };
  const compare = (a, b) => typeof a === "string" || typeof b === "string" ? String(a).localeCompare(String(b)) : a - b;
  all(document, "[data-table]").forEach((box) => {
    const body = box.querySelector("tbody"), more = box.querySelector("[data-more]");
    const input = box.querySelector("input"), none = box.querySelector("[data-none]"), seen = box.querySelector("[data-seen]");
    const first = Number(box.dataset.first), total = body.rows.length;
    let open = false;
    const draw = () => {
      const words = input ? input.value.toLowerCase().split(/\s+/).filter(Boolean) : [];
      const rows = [...body.rows];
      const hits = rows.filter((row) => words.every((word) => row.textContent.toLowerCase().includes(word)));
      const shown = open || words.length ? hits : hits.slice(0, first);
      rows.forEach((row) => { row.hidden = !shown.includes(row); });
      if (none) none.hidden = hits.length > 0;
      if (seen) seen.textContent = `${shown.length} of ${total} rows`;
      if (more) { more.hidden = Boolean(words.length) || total <= first; more.textContent = open ? "Show fewer" : `Show all ${total}`; }
    };
    if (more) more.onclick = () => { open = !open; draw(); };
    if (input) { input.oninput = draw; box.querySelector("[data-clear]").onclick = () => { input.value = ""; draw(); input.focus(); }; }
    all(box, "th button").forEach((button, place) => {
      button.onclick = () => {
        const head = button.parentElement, down = head.getAttribute("aria-sort") === "ascending";
        all(box, "th").forEach((other) => other.setAttribute("aria-sort", "none"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const rows = [...body.rows].sort((a, b) => compare(value(a, place), value(b, place)) * (down ? -1 : 1));
        body.append(...rows);
        draw();
      };
    });
    draw();
  });
  all(document, ".cells").forEach((cells) => { cells.scrollLeft = cells.scrollWidth; });
})();
