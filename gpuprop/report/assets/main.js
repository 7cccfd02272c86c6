const byId = (id) => document.getElementById(id);

function signed(value, positive, negative) {
  return `${Math.abs(value).toFixed(1)}° ${value < 0 ? negative : positive}`;
}

// The panel of one encounter: orbits, path, and every column of the row.
class Panel {
  constructor(columns, globe, tracks, array) {
    Object.assign(this, { columns, globe, tracks });
    this.byName = Object.fromEntries(columns.map((column) => [column.name, column]));
    if (globe) {
      this.paths = array(tracks.paths);
      this.halfSpans = array(tracks.half_span_s);
      byId("closer").addEventListener("click", () => globe.zoomBy(1.25));
      byId("farther").addEventListener("click", () => globe.zoomBy(0.8));
      byId("reset-view").addEventListener("click", () => { globe.reset(); this.setTime(0); });
      byId("time").addEventListener("input", () => this.setTime(byId("time").valueAsNumber));
    }
    new ResizeObserver(() => this.drawPath()).observe(byId("path").parentElement);
  }

  show(row) {
    this.row = row;
    byId("chosen").hidden = false;
    const names = [this.byName.object_1, this.byName.object_2].map((column) => column.parts(row));
    byId("chosen-objects").replaceChildren(...names.map(([name, id]) => {
      const line = element("span");
      line.append(element("i", ""), element("bdi", name), element("span", id, { class: "id" }));
      return line;
    }));
    const shown = Boolean(this.globe && this.globe.has(row));
    byId("globe-box").hidden = !shown;
    byId("no-orbits").textContent = shown ? "" : this.globe
      ? "Orbits are in this report for the closest passes only; the option --tracks embeds more."
      : "This report was made without a catalog, so it has no orbits; the option --catalog embeds them.";
    if (shown) this.showOrbits(row, names);
    this.drawPath();
    this.showFacts(row, shown);
  }

  showOrbits(row, names) {
    this.globe.show(row);
    this.setTime(0);
    const { altitude } = this.globe.where();
    byId("globe").setAttribute("aria-label", `Orbits of ${names[0].join(" ")} and ${names[1].join(" ")} about the Earth; they pass each other at an altitude of ${altitude.toFixed(0)} km.`);
  }

  setTime(part) {
    const seconds = part * this.globe.span_s();
    byId("time").value = part;
    this.globe.time = seconds;
    this.globe.draw();
    const [first, second] = [0, 1].map((object) => this.globe.position(object, seconds));
    const apart = Math.hypot(...first.map((x, axis) => x - second[axis]));
    const distance = part === 0 ? `${this.byName.miss_distance_km.text(this.row)} km` : `${Math.round(apart).toLocaleString("en")} km`;
    const text = `${seconds < 0 ? "\u2212" : "+"}${(Math.abs(seconds) / 60).toFixed(1)} min, distance ${distance}`;
    byId("time-shown").textContent = text;
    byId("time").setAttribute("aria-valuetext", text);
  }

  drawPath() {
    if (this.row === undefined) return;
    const value = (name) => this.byName[name].values[this.row];
    let { half, points } = straightPath(value), way = "a straight line, from the position and velocity at TCA in this row";
    if (this.globe && this.globe.has(this.row)) {
      const count = this.tracks.path_points, at = this.globe.place.get(this.row), from = at * count * 3;
      half = this.halfSpans[at];
      points = Array.from({ length: count }, (_, i) => Array.from(this.paths.subarray(from + 3 * i, from + 3 * i + 3)));
      way = "propagated";
    }
    points = points.filter((point) => !point.some(Number.isNaN));
    drawPath(byId("path"), points, ["radial_km", "in_track_km", "cross_track_km"].map(value));
    const miss = ["radial_km", "in_track_km", "cross_track_km"].map((name) => `${this.byName[name].label} ${this.byName[name].text(this.row)} km`).join(", ");
    byId("path").setAttribute("aria-label", `Path of object 2 as seen from object 1; at TCA ${miss}.`);
    byId("path-note").textContent = `Path of object 2 (dot: at TCA) as seen from object 1 (cross), in the RIC frame of object 1, ${Number(half.toPrecision(2))} s before and after TCA; ${way}.`;
  }

  showFacts(row, shown) {
    const facts = this.columns.filter((column) => column.kind !== "object" && !/^(name|norad_id)_/.test(column.name))
      .map((column) => [column.label, `${column.text(row) || "none"}${column.unit && column.text(row) ? ` ${column.unit}` : ""}`]);
    if (shown) {
      const { latitude, longitude, altitude } = this.globe.where();
      facts.push(["above", `${signed(latitude, "N", "S")}, ${signed(longitude, "E", "W")}`], ["altitude", `${altitude.toFixed(0)} km`]);
    }
    byId("facts").replaceChildren(...facts.map(([name, text]) => {
      const pair = element("div");
      pair.append(element("dt", name), element("dd", text));
      return pair;
    }));
  }
}

async function start() {
  const holder = byId("data"), { head, array } = await readPayload(holder.textContent.trim());
  holder.textContent = "";
  const plain = head.columns.map((shape) => makeColumn(shape, array(shape.array), head.start_ms));
  const named = Object.fromEntries(plain.map((column) => [column.name, column]));
  const objects = [1, 2].map((k) => joinObject(named[`name_${k}`], named[`norad_id_${k}`], `object ${k}`));
  const { tca } = named, columns = [tca, ...objects, ...plain.filter((column) => column !== tca)];
  const globe = head.tracks ? new Globe(byId("globe"), head.tracks, array) : null;
  const panel = new Panel(columns, globe, head.tracks, array);
  const narrow = window.matchMedia("(max-width: 600px)").matches;
  const table = new EncounterTable(columns, head.rows, narrow, (row, byButton) => {
    panel.show(row);
    const box = byId("chosen").getBoundingClientRect();
    if (byButton && (box.top < 0 || box.top > window.innerHeight * 0.7)) byId("chosen").scrollIntoView();
    if (byButton && narrow) byId("chosen-title").focus({ preventScroll: true });
  });
  if (table.order.length) table.choose(table.order[0], false);
  document.documentElement.dataset.ready = "yes";
}

start().catch((error) => { byId("status").textContent = `The encounters cannot be shown: ${error.message}`; });
