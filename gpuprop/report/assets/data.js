// The payload: length of the head, head as JSON, arrays whose bytes stand plane by plane.
async function readPayload(text) {
  if (typeof DecompressionStream !== "function") throw new Error("This browser is too old: it lacks DecompressionStream.");
  const stream = new Blob([fromBase64(text)]).stream().pipeThrough(new DecompressionStream("deflate"));
  const data = await new Response(stream).arrayBuffer();
  const length = new DataView(data).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
  return { head, array: (place) => readArray(new Uint8Array(data, 4 + length), place) };
}

function fromBase64(text) {
  const letters = atob(text), bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
  return bytes;
}

const ARRAYS = { "<f4": Float32Array, "<f8": Float64Array, "<i4": Int32Array, "<i2": Int16Array, "|u1": Uint8Array };

function readArray(bytes, { type, at, length }) {
  const result = new ARRAYS[type](length), size = result.BYTES_PER_ELEMENT;
  const out = new Uint8Array(result.buffer);
  for (let plane = 0; plane < size; plane++) {
    const from = at + plane * length;
    for (let i = 0; i < length; i++) out[i * size + plane] = bytes[from + i];
  }
  return result;
}

// A column shows a row as text, and has a number for each row to sort and compare by.
function makeColumn(shape, values, startMs) {
  const column = { ...shape, values, key: (row) => values[row] };
  if (shape.kind === "instant") {
    column.text = (row) => Number.isNaN(values[row]) ? "" : new Date(startMs + Math.floor(values[row] / 1e6)).toISOString().replace("T", " ").replace("Z", "");
  } else if (shape.kind === "text") {
    const order = shape.words.map((word, code) => code).sort((a, b) => shape.words[a] < shape.words[b] ? -1 : 1);
    const rank = new Int32Array(order.length);
    order.forEach((code, place) => { rank[code] = place; });
    column.key = (row) => rank[values[row]];
    column.text = (row) => shape.words[values[row]];
  } else if (shape.kind === "flag") {
    column.text = (row) => values[row] ? "yes" : "no";
  } else {
    column.text = (row) => numberText(values[row], shape.decimals, shape.significant);
  }
  return column;
}

function numberText(value, decimals, significant) {
  if (Number.isNaN(value)) return "";
  if (decimals !== null) return value.toFixed(decimals).replace("-", "\u2212");
  const text = value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e6) ? value.toExponential(2) : String(Number(value.toPrecision(significant)));
  return text.replaceAll("-", "\u2212");
}

// Name and number of an object in one column: sorted by name, then number.
function joinObject(name, id, label) {
  return {
    name: label.replace(" ", "_"), label, unit: "", kind: "object",
    key: (row) => name.key(row) * 1e10 + id.values[row],
    text: (row) => `${name.text(row)} ${id.values[row]}`,
    parts: (row) => [name.text(row), String(id.values[row])],
  };
}
