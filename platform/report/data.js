// The sweep's data: columns, decoded when they are first asked for.

async function inflate(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
  return new Response(stream).arrayBuffer();
}

// Byte planes back into numbers: see column_encoding.h.
function fromPlanes(planes, width, count) {
  const bytes = new Uint8Array(count * width);
  for (let plane = 0; plane < width; plane++) {
    for (let i = 0, from = plane * count; i < count; i++) bytes[i * width + plane] = planes[from + i];
  }
  return bytes.buffer;
}

async function decodeNumbers(encoded, count) {
  if ('constant' in encoded) {
    return new Float64Array(count).fill(encoded.constant ?? NaN);
  }
  if ('integers' in encoded) {
    const planes = new Uint8Array(await inflate(encoded.integers));
    return Float64Array.from(new Uint32Array(fromPlanes(planes, 4, count)));
  }
  const planes = new Uint8Array(await inflate(encoded.reals));
  return new Float64Array(fromPlanes(planes, 8, count));
}

// {texts: distinct ones, index: of each point}
async function decodeTexts(encoded, count) {
  const texts = JSON.parse(new TextDecoder().decode(await inflate(encoded.texts)));
  return {texts, index: await decodeNumbers(encoded.index, count)};
}

// Values of what varies: numbers in their order, words in the order of the space.
function makeAxis(path, label, kind, unit, column) {
  const numeric = column.texts.every(text => text === '' || Number.isFinite(Number(text)));
  const order = column.texts.map((text, i) => i);
  if (numeric) order.sort((a, b) => Number(column.texts[a]) - Number(column.texts[b]));
  const rank = new Uint32Array(order.length);
  order.forEach((old, place) => { rank[old] = place; });
  return {
    path, label, kind, unit, numeric,
    values: order.map(old => column.texts[old]),
    index: Uint32Array.from(column.index, old => rank[old]),
  };
}

// Which source of an area is which: AreaSource in derived_statistics.h.
const areaSources = [
  '', 'synthesised', 'estimated: synthesised with another replacement, which the RTL has',
  'estimated between synthesised geometries', 'estimated beyond the synthesised geometries',
];

class Sweep {
  static async load(raw) {
    const sweep = new Sweep();
    sweep.raw = raw;
    sweep.count = raw.count;
    const numbers = column => decodeNumbers(column, raw.count);
    const texts = column => decodeTexts(column, raw.count);
    sweep.number = await numbers(raw.number);
    sweep.done = await numbers(raw.done);
    const workload = await texts(raw.workload);
    const seed = await texts(raw.seed);
    sweep.workload = makeAxis('workload', 'workload', 'trace', '', workload);
    const labels = sweep.workload.values.map(shortWorkload);
    // Short names where they tell the workloads apart.
    sweep.workload.shown = new Set(labels).size === labels.length ? labels : sweep.workload.values;
    sweep.seed = makeAxis('seed', 'seed', 'seed', '', seed);
    sweep.axes = [];
    for (const axis of raw.axes) {
      if (axis.kind === 'trace' || axis.kind === 'seed') continue;
      const label = shortPath(axis.path) + (axis.kind === 'storage_bits' ? ' (budget of bits)' : '');
      sweep.axes.push(makeAxis(axis.path, label, axis.kind, axis.unit, await texts(axis.column)));
    }
    for (const axis of [...sweep.axes, sweep.seed]) axis.shown = axis.values.map(text => text || '–');
    sweep.statistics = new Map(raw.statistics.map(statistic => [statistic.path, statistic]));
    sweep.areas = new Map();
    for (const [path, column] of Object.entries(raw.area.sources)) {
      sweep.areas.set(path, await numbers(column));
    }
    sweep.filters = new Map();  // axis -> the one value's index that is shown
    sweep.decoded = new Map();
    return sweep;
  }

  // What a point may be told apart by.
  allAxes() {
    return [this.workload, this.seed, ...this.axes].filter(axis => axis.values.length > 1);
  }
  // Those that tell configurations apart: not what follows from a group or a budget of bits.
  namingAxes() { return this.axes.filter(axis => axis.kind !== 'dependent' && axis.values.length > 1); }
  axis(path) { return this.allAxes().find(axis => axis.path === path); }

  // Finished points that the filters let through.
  shownPoints() {
    const shown = [];
    for (let i = 0; i < this.count; i++) {
      if (!this.done[i]) continue;
      let passes = true;
      for (const [axis, value] of this.filters) passes &&= axis.index[i] === value;
      if (passes) shown.push(i);
    }
    return shown;
  }

  unit(path) {
    return this.statistics.get(path)?.unit ?? this.axes.find(axis => axis.path === path)?.unit ?? '';
  }
  varies(path) { return !('constant' in this.statistics.get(path).column); }

  // One number a point: a statistic, or what an axis has.
  async column(path) {
    if (!this.decoded.has(path)) {
      const statistic = this.statistics.get(path);
      const axis = this.axes.find(one => one.path === path);
      this.decoded.set(path, statistic ?
        decodeNumbers(statistic.column, this.count) :
        Float64Array.from(axis.index, i => axis.values[i] === '' ? NaN : Number(axis.values[i])));
    }
    return this.decoded.get(path);
  }
  async texts(name) {
    if (!this.decoded.has(name)) this.decoded.set(name, decodeTexts(this.raw[name], this.count));
    return this.decoded.get(name);
  }

  // '' where the value at this point is no area.
  areaSource(path, point) { return areaSources[this.areas.get(path)?.[point] ?? 0]; }
  isEstimated(path, point) { return this.areaSource(path, point).startsWith('estimated'); }
}
