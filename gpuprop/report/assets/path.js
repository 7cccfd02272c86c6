// The path of object 2 past object 1 in two views of the RIC frame, to one scale.
const VIEWS = [[1, 0, "in-track", "radial"], [1, 2, "in-track", "cross-track"]];

function svgElement(tag, attributes, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

function drawPath(svg, path, atTca) {
  const width = Math.max(260, svg.parentElement.clientWidth), stacked = width < 520;
  const side = stacked ? width : width / 2, high = Math.round(Math.min(0.6 * side, 280)), height = stacked ? 2 * high : high;
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.replaceChildren();
  const metres = Math.max(...path.flat().map(Math.abs), ...atTca.map(Math.abs)) < 2, factor = metres ? 1000 : 1;
  VIEWS.forEach(([across, up, acrossName, upName], i) => {
    const box = { x: stacked ? 0 : i * side, y: stacked ? i * high : 0, width: side, height: high };
    const points = path.map((point) => [point[across] * factor, point[up] * factor]);
    const tca = [atTca[across] * factor, atTca[up] * factor];
    svg.append(drawView(box, points, tca, `${acrossName} (${metres ? "m" : "km"})`, `${upName} (${metres ? "m" : "km"})`));
  });
}

function drawView(box, points, tca, acrossName, upName) {
  const left = box.x + 46, right = box.x + box.width - 12, top = box.y + 26, bottom = box.y + box.height - 38;
  const all = [...points, tca, [0, 0]], range = (k) => [Math.min(...all.map((p) => p[k])), Math.max(...all.map((p) => p[k]))];
  const [x0, x1] = range(0), [y0, y1] = range(1), middle = [(x0 + x1) / 2, (y0 + y1) / 2];
  const scale = Math.min((right - left) / Math.max(x1 - x0, 1e-9), (bottom - top) / Math.max(y1 - y0, 1e-9)) * 0.9;
  const to = ([x, y]) => [(left + right) / 2 + (x - middle[0]) * scale, (top + bottom) / 2 - (y - middle[1]) * scale];
  const group = svgElement("g", {});
  const reach = (low, high, k, sign) => [middle[k] + (low - (low + high) / 2) / scale * sign, middle[k] + (high - (low + high) / 2) / scale * sign];
  for (const tick of ticks(...reach(left, right, 0, 1), 5)) {
    const [x] = to([tick, 0]);
    group.append(svgElement("line", { x1: x, x2: x, y1: top, y2: bottom, stroke: "#e1e6ea" }));
    group.append(svgElement("text", { x, y: bottom + 15, "text-anchor": "middle", class: "muted" }, tickText(tick)));
  }
  for (const tick of ticks(...reach(top, bottom, 1, 1), 4)) {
    const [, y] = to([0, tick]);
    group.append(svgElement("line", { x1: left, x2: right, y1: y, y2: y, stroke: "#e1e6ea" }));
    group.append(svgElement("text", { x: left - 5, y: y + 4, "text-anchor": "end", class: "muted" }, tickText(tick)));
  }
  group.append(svgElement("text", { x: (left + right) / 2, y: bottom + 32, "text-anchor": "middle" }, acrossName));
  group.append(svgElement("text", { x: box.x + 8, y: box.y + 16 }, upName));
  const [ox, oy] = to([0, 0]), [tx, ty] = to(tca), coordinates = points.map(to);
  group.append(svgElement("polyline", { points: coordinates.map((p) => p.map((v) => v.toFixed(2)).join()).join(" "), fill: "none", stroke: COLOURS[1], "stroke-width": 1.8 }));
  group.append(arrow(coordinates));
  group.append(svgElement("line", { x1: ox, y1: oy, x2: tx, y2: ty, stroke: "#1f2933", "stroke-dasharray": "2 3" }));
  group.append(svgElement("path", { d: `M${ox - 6} ${oy}h12M${ox} ${oy - 6}v12`, stroke: COLOURS[0], "stroke-width": 2.4 }));
  group.append(svgElement("circle", { cx: tx, cy: ty, r: 4, fill: COLOURS[1] }));
  return group;
}

function arrow(coordinates) {
  const n = coordinates.length - 1, [x, y] = coordinates[Math.round(n * 0.85)], [fx, fy] = coordinates[Math.round(n * 0.78)];
  const angle = Math.atan2(y - fy, x - fx) / DEGREE;
  return svgElement("path", { d: "M-7 -4L2 0L-7 4z", fill: COLOURS[1], transform: `translate(${x.toFixed(2)} ${y.toFixed(2)}) rotate(${angle.toFixed(1)})` });
}

function ticks(low, high, wanted) {
  const rough = (high - low) / wanted, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((k) => k * power).find((size) => size >= rough), found = [];
  for (let k = Math.ceil(low / step); k * step <= high; k++) found.push(Number((k * step).toPrecision(12)));
  return found;
}

function tickText(value) {
  return value.toLocaleString("en", { maximumSignificantDigits: 6 }).replace("-", "\u2212");
}

// What the columns of the row say: a straight line, until the pair is five times as far apart as at TCA.
function straightPath(value) {
  const at = ["radial_km", "in_track_km", "cross_track_km"].map(value), rate = ["radial_km_s", "in_track_km_s", "cross_track_km_s"].map(value);
  const five = 5 * value("miss_distance_km") / value("relative_speed_km_s");
  const within = Math.max(1e-3, Math.min(2700, 0.75 * value("duration_s"))), half = Math.max(1e-3, Math.min(within, Number.isNaN(five) ? Infinity : five));
  return { half, points: [-1, -0.5, 0, 0.5, 0.7, 0.8, 0.9, 1].map((u) => at.map((x, axis) => x + rate[axis] * u * half)) };
}
