const COLOURS = ["#005a8e", "#b34700"];
const DEGREE = Math.PI / 180;

// Both orbits about the Earth, drawn without perspective; what the Earth hides is faint.
class Globe {
  constructor(canvas, tracks, array) {
    Object.assign(this, { canvas, tracks, zoom: 1, time: 0 });
    for (const name of ["rows", "period_s", "orbits", "sidereal", "coast"]) this[name] = array(tracks[name]);
    this.place = new Map(Array.from(this.rows, (row, place) => [row, place]));
    this.lines = [...graticule(), ...coastlines(this.coast)];
    canvas.addEventListener("pointerdown", (event) => this.drag(event));
    canvas.addEventListener("wheel", (event) => {
      if (document.activeElement !== canvas) return;
      event.preventDefault();
      this.zoomBy(Math.exp(-event.deltaY / 500));
    }, { passive: false });
    canvas.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  has(row) { return this.place.has(row); }

  show(row) {
    this.at = this.place.get(row);
    this.reset();
  }

  reset() {
    const [x, y, z] = this.position(0, 0);
    this.yaw = Math.atan2(y, x) + 0.45;
    this.pitch = Math.max(-1.2, Math.min(1.2, Math.atan2(z, Math.hypot(x, y)) + 0.3));
    this.zoom = 1;
    this.time = 0;
    this.draw();
  }

  zoomBy(factor) { this.zoom = Math.max(0.5, Math.min(40, this.zoom * factor)); this.draw(); }

  turnBy(yaw, pitch) {
    this.yaw += yaw;
    this.pitch = Math.max(-1.57, Math.min(1.57, this.pitch + pitch));
    this.draw();
  }

  drag(event) {
    const { canvas } = this;
    canvas.setPointerCapture(event.pointerId);
    let [x, y] = [event.clientX, event.clientY];
    const move = (moved) => {
      this.turnBy((x - moved.clientX) / 180, (moved.clientY - y) / 180);
      [x, y] = [moved.clientX, moved.clientY];
    };
    canvas.addEventListener("pointermove", move);
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => canvas.removeEventListener("pointermove", move), { once: true });
  }

  key(event) {
    const turns = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] };
    if (turns[event.key]) this.turnBy(...turns[event.key]);
    else if (event.key === "+" || event.key === "=") this.zoomBy(1.25);
    else if (event.key === "-") this.zoomBy(0.8);
    else if (event.key === "0") this.reset();
    else return;
    event.preventDefault();
  }

  // The shorter revolution is the span of the slider: both orbits cover it
  span_s() { return Math.min(this.period_s[2 * this.at], this.period_s[2 * this.at + 1]); }

  point(object, i) {
    const from = ((this.at * 2 + object) * this.tracks.points + i) * 3;
    return this.orbits.subarray(from, from + 3);
  }

  // Cubic through the four samples about the instant, seconds from TCA
  position(object, seconds) {
    const { points } = this.tracks, place = (seconds / this.period_s[2 * this.at + object] + 0.5) * (points - 1);
    const first = Math.max(0, Math.min(points - 4, Math.floor(place) - 1)), u = place - first;
    const weights = [(u - 1) * (u - 2) * (u - 3) / -6, u * (u - 2) * (u - 3) / 2, u * (u - 1) * (u - 3) / -2, u * (u - 1) * (u - 2) / 6];
    // Past a failure there are no samples; a weight of zero must not bring theirs in
    return [0, 1, 2].map((axis) => weights.reduce((sum, weight, k) => sum + (weight && weight * this.point(object, first + k)[axis]), 0));
  }

  where() {
    const [x, y, z] = this.position(0, 0), across = Math.hypot(x, y);
    const longitude = (Math.atan2(y, x) - this.sidereal[this.at]) / DEGREE;
    return { latitude: Math.atan2(z, across) / DEGREE, longitude: longitude - 360 * Math.round(longitude / 360), altitude: Math.hypot(across, z) - this.tracks.earth_radius_km };
  }

  draw() {
    const { canvas } = this, ratio = window.devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
    if (this.at === undefined || !width) return;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    pen.translate(width / 2, height / 2);
    pen.lineJoin = "round";
    const project = this.projection(Math.min(width, height));
    this.drawEarth(pen, project);
    for (const object of [0, 1]) this.drawOrbit(pen, project, object);
    this.drawObjects(pen, project);
  }

  projection(size) {
    const { points } = this.tracks, radius = this.tracks.earth_radius_km;
    let reach = radius;
    for (const object of [0, 1]) for (let i = 0; i < points; i++) reach = Math.max(reach, Math.hypot(...this.point(object, i)));
    const scale = 0.45 * size / reach * this.zoom, [cy, sy, cp, sp] = [Math.cos(this.yaw), Math.sin(this.yaw), Math.cos(this.pitch), Math.sin(this.pitch)];
    const project = (x, y, z) => {
      const forward = cy * x + sy * y, right = cy * y - sy * x, up = cp * z - sp * forward, depth = cp * forward + sp * z;
      return [right * scale, -up * scale, depth, depth < 0 && Math.hypot(right, up) < radius];
    };
    return Object.assign(project, { earth: radius * scale, radius });
  }

  drawEarth(pen, project) {
    const shade = pen.createRadialGradient(-project.earth * 0.35, -project.earth * 0.4, project.earth * 0.1, 0, 0, project.earth);
    shade.addColorStop(0, "#f7fafc");
    shade.addColorStop(1, "#d8e2ea");
    pen.beginPath();
    pen.arc(0, 0, project.earth, 0, 2 * Math.PI);
    pen.fillStyle = shade;
    pen.fill();
    const turn = this.sidereal[this.at];
    for (const { colour, line } of this.lines) {
      pen.strokeStyle = colour;
      pen.lineWidth = 0.8;
      pen.beginPath();
      let drawing = false;
      for (let i = 0; i < line.length; i += 2) {
        const longitude = line[i] * DEGREE + turn, latitude = line[i + 1] * DEGREE, across = project.radius * Math.cos(latitude);
        const [x, y, depth] = project(across * Math.cos(longitude), across * Math.sin(longitude), project.radius * Math.sin(latitude));
        if (depth <= 0) drawing = false;
        else if (drawing) pen.lineTo(x, y);
        else { pen.moveTo(x, y); drawing = true; }
      }
      pen.stroke();
    }
  }

  drawOrbit(pen, project, object) {
    pen.strokeStyle = COLOURS[object];
    let before = null;
    for (let i = 0; i < this.tracks.points; i++) {
      const point = this.point(object, i);
      const here = Number.isNaN(point[0]) ? null : project(...point);
      if (here && before) {
        const hidden = here[3] && before[3];
        pen.globalAlpha = hidden ? 0.22 : 1;
        pen.lineWidth = hidden ? 1.2 : 1.8;
        pen.beginPath();
        pen.moveTo(before[0], before[1]);
        pen.lineTo(here[0], here[1]);
        pen.stroke();
      }
      before = here;
    }
    pen.globalAlpha = 1;
  }

  drawObjects(pen, project) {
    const [tx, ty] = project(...this.position(0, 0));
    pen.strokeStyle = "#1f2933";
    pen.lineWidth = 1.5;
    pen.beginPath();
    pen.arc(tx, ty, 9, 0, 2 * Math.PI);
    pen.stroke();
    pen.font = "600 12px system-ui, sans-serif";
    pen.textBaseline = "middle";
    for (const object of [1, 0]) {
      const [x, y, , hidden] = project(...this.position(object, this.time));
      pen.globalAlpha = hidden ? 0.35 : 1;
      pen.fillStyle = COLOURS[object];
      pen.beginPath();
      pen.arc(x, y, 5, 0, 2 * Math.PI);
      pen.fill();
      const side = object ? 1 : -1;
      pen.textAlign = object ? "left" : "right";
      pen.strokeStyle = "#fff";
      pen.lineWidth = 3;
      pen.strokeText(object + 1, x + 13 * side, y - 9);
      pen.fillText(object + 1, x + 13 * side, y - 9);
      pen.globalAlpha = 1;
    }
    pen.fillStyle = "#1f2933";
    pen.textAlign = "center";
    pen.strokeStyle = "#fff";
    pen.strokeText("TCA", tx, ty + 20);
    pen.fillText("TCA", tx, ty + 20);
  }
}

function graticule() {
  const lines = [], colour = "#c3cfd9";
  for (let longitude = -180; longitude < 180; longitude += 30) lines.push({ colour, line: Array.from({ length: 61 }, (_, i) => [longitude, -90 + 3 * i]).flat() });
  for (let latitude = -60; latitude <= 60; latitude += 30) lines.push({ colour: latitude ? colour : "#8fa1b0", line: Array.from({ length: 121 }, (_, i) => [-180 + 3 * i, latitude]).flat() });
  return lines;
}

function coastlines(numbers) {
  const lines = [];
  let line = [];
  for (const number of numbers) {
    if (number === -32768) { lines.push({ colour: "#65788a", line }); line = []; } else line.push(number / 10);
  }
  return lines;
}
