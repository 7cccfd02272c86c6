const TOGETHER = ["identical", "co-orbital"];

function element(tag, text, attributes = {}) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

// The table: which rows pass the filters, in which order, and the page of them that is shown.
class EncounterTable {
  constructor(columns, rowCount, narrow, onChoose) {
    Object.assign(this, { columns, rowCount, onChoose, page: 0, pageRows: narrow ? 15 : 30, chosen: -1, ascending: true });
    this.byName = Object.fromEntries(columns.map((column) => [column.name, column]));
    const wanted = narrow ? ["tca", "object_1", "object_2", "miss_distance_km"]
      : ["tca", "object_1", "object_2", "miss_distance_km", "relative_speed_km_s", "probability", "probability_maximum", "kind"];
    this.shown = new Set(wanted.filter((name) => name in this.byName));
    this.sortedBy = this.byName.miss_distance_km;
    this.order = new Uint32Array(rowCount);
    this.controls();
    this.update();
  }

  controls() {
    const get = (id) => document.getElementById(id);
    for (const id of ["filters", "columns", "scroll", "pages"]) get(id).hidden = false;
    const kinds = [...new Set(this.byName.kind.values)].map((code) => this.byName.kind.words[code]).sort();
    const together = kinds.filter((kind) => TOGETHER.includes(kind));
    if (together.length) get("kind").append(new Option(`all but ${together.join(" and ")}`, "passes"));
    get("kind").append(new Option("all", "all"), ...kinds.map((kind) => new Option(kind, `=${kind}`)));
    const numbers = this.columns.filter((column) => column.kind === "number");
    get("filter-column").append(...numbers.map((column) => new Option(column.label, column.name)));
    get("filter-column").value = "miss_distance_km";
    const changed = () => { this.page = 0; this.update(); };
    get("filters").addEventListener("input", changed);
    get("filters").addEventListener("submit", (event) => event.preventDefault());
    get("filters").addEventListener("reset", () => setTimeout(() => { get("filter-column").value = "miss_distance_km"; changed(); }));
    for (const column of this.columns) get("column-choice").append(this.columnChoice(column));
    const pages = { first: () => 0, previous: () => this.page - 1, next: () => this.page + 1, last: () => Infinity };
    for (const [id, target] of Object.entries(pages)) get(id).addEventListener("click", () => this.turn(target()));
    get("page").addEventListener("change", () => this.turn(get("page").valueAsNumber - 1 || 0));
    get("table").tBodies[0].addEventListener("keydown", (event) => this.move(event));
  }

  columnChoice(column) {
    const label = element("label"), box = element("input", undefined, { type: "checkbox" });
    box.checked = this.shown.has(column.name);
    box.addEventListener("change", () => {
      if (box.checked) this.shown.add(column.name); else this.shown.delete(column.name);
      this.draw();
    });
    label.append(box, column.unit ? `${column.label} (${column.unit})` : column.label);
    return label;
  }

  update() {
    const rows = this.filtered(), { key } = this.sortedBy, sign = this.ascending ? 1 : -1;
    const keys = new Float64Array(this.rowCount);
    for (const row of rows) keys[row] = key(row);
    // Missing values go last in either direction
    this.order = rows.sort((a, b) => {
      const x = keys[a], y = keys[b];
      if (x !== x || y !== y) return (x !== x) - (y !== y) || a - b;
      return sign * (x - y) || a - b;
    });
    this.turn(this.page);
  }

  filtered() {
    const get = (id) => document.getElementById(id).value;
    const { name_1, name_2, norad_id_1, norad_id_2, kind } = this.byName;
    const text = get("search").trim().toUpperCase(), choice = get("kind");
    const named = (column) => column.words.map((word) => word.toUpperCase().includes(text));
    const [first, second] = text ? [named(name_1), named(name_2)] : [[], []];
    const kept = kind.words.map((word) => choice === "all" || (choice === "passes" ? !TOGETHER.includes(word) : `=${word}` === choice));
    const column = this.byName[get("filter-column")], bound = get("filter-value"), most = get("filter-relation") === "most";
    document.getElementById("filter-unit").textContent = column.unit;
    const limit = bound === "" ? NaN : Number(bound), rows = new Uint32Array(this.rowCount);
    let count = 0;
    for (let row = 0; row < this.rowCount; row++) {
      if (!kept[kind.values[row]]) continue;
      if (limit === limit && !(most ? column.values[row] <= limit : column.values[row] >= limit)) continue;
      if (text && !first[name_1.values[row]] && !second[name_2.values[row]]
        && !String(norad_id_1.values[row]).startsWith(text) && !String(norad_id_2.values[row]).startsWith(text)) continue;
      rows[count++] = row;
    }
    return rows.slice(0, count);
  }

  turn(page) {
    this.pageCount = Math.max(1, Math.ceil(this.order.length / this.pageRows));
    this.page = Math.min(Math.max(0, page), this.pageCount - 1);
    this.draw();
  }

  draw() {
    const get = (id) => document.getElementById(id), table = get("table");
    const columns = this.columns.filter((column) => this.shown.has(column.name));
    this.drawHead(table.tHead, columns);
    const rows = this.order.subarray(this.page * this.pageRows, (this.page + 1) * this.pageRows);
    table.tBodies[0].replaceChildren(...Array.from(rows, (row) => this.drawRow(row, columns)));
    const count = (n) => n.toLocaleString("en");
    const shown = this.order.length ? `Rows ${count(this.page * this.pageRows + 1)} to ${count(this.page * this.pageRows + rows.length)} of ` : "";
    get("status").textContent = `${shown}${count(this.order.length)} encounters${this.order.length < this.rowCount ? `, chosen from ${count(this.rowCount)}` : ""}`;
    get("page").value = this.page + 1;
    get("page").max = this.pageCount;
    get("page-count").textContent = `of ${count(this.pageCount)}`;
    get("first").disabled = get("previous").disabled = this.page === 0;
    get("last").disabled = get("next").disabled = this.page === this.pageCount - 1;
  }

  drawHead(head, columns) {
    // Rebuilt only when the columns change, so that a button that sorts keeps its focus
    const names = columns.map((column) => column.name).join();
    if (head.dataset.names !== names) {
      head.dataset.names = names;
      head.replaceChildren(element("tr"));
      for (const column of columns) {
        const cell = element("th", undefined, { scope: "col", class: column.kind === "number" ? "number" : "" }), button = element("button", column.label, { type: "button" });
        if (column.unit) button.append(" ", element("small", column.unit));
        button.addEventListener("click", () => {
          this.ascending = this.sortedBy === column ? !this.ascending : true;
          this.sortedBy = column;
          this.page = 0;
          this.update();
        });
        cell.append(button);
        head.rows[0].append(cell);
      }
    }
    columns.forEach((column, i) => {
      const sorted = column === this.sortedBy;
      head.rows[0].cells[i].setAttribute("aria-sort", sorted ? (this.ascending ? "ascending" : "descending") : "none");
    });
  }

  drawRow(row, columns) {
    const line = element("tr", undefined, { "data-row": row });
    if (row === this.chosen) line.setAttribute("aria-current", "true");
    columns.forEach((column, i) => {
      const cell = i === 0 ? element("th", undefined, { scope: "row" }) : element("td");
      if (column.kind === "number") cell.className = "number";
      let content = [document.createTextNode(column.text(row))];
      if (column.kind === "object") {
        const [name, id] = column.parts(row);
        content = [element("bdi", name, { class: "name", title: name }), element("span", id, { class: "id" })];
      } else if (column.kind === "text") content = [element("bdi", column.text(row))];
      if (i === 0) {
        const button = element("button", undefined, { type: "button" });
        button.append(...content);
        button.append(element("span", ", show this encounter", { class: "unseen" }));
        button.addEventListener("click", () => this.choose(row, true));
        content = [button];
      }
      cell.append(...content);
      line.append(cell);
    });
    line.addEventListener("click", (event) => { if (!event.target.closest("button")) this.choose(row, false); });
    return line;
  }

  choose(row, byButton) {
    this.chosen = row;
    for (const line of document.getElementById("table").tBodies[0].rows) {
      const current = Number(line.dataset.row) === row;
      if (current) line.setAttribute("aria-current", "true"); else line.removeAttribute("aria-current");
    }
    this.onChoose(row, byButton);
  }

  move(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key], turned = { PageDown: 1, PageUp: -1 }[event.key];
    const buttons = [...event.currentTarget.querySelectorAll("button")], at = buttons.indexOf(document.activeElement);
    if (at < 0 || !(step || turned)) return;
    event.preventDefault();
    if (turned) this.turn(this.page + turned);
    const fresh = [...event.currentTarget.querySelectorAll("button")];
    fresh[Math.min(Math.max(0, at + (step || 0)), fresh.length - 1)].focus();
  }
}
