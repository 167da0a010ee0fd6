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
    sweep.weights = {...raw.area.weights};  // gates a flip-flop, gates a bit of the units' memory
    sweep.addGateEquivalents();
    sweep.filters = new Map();  // axis -> the one value's index that is shown
    sweep.decoded = new Map();
    return sweep;
  }

  // <tlb>.gate_equivalents, where its three parts are there: computed here, since its weights change.
  addGateEquivalents() {
    for (const path of [...this.areas.keys()].filter(one => one.endsWith('.gates'))) {
      const tlb = path.replace(/\.gates$/, '');
      const parts = ['gates', 'flip_flops', 'unit_memory_bits'].map(part => `${tlb}.${part}`);
      if (!parts.every(part => this.statistics.has(part))) continue;
      this.statistics.set(`${tlb}.gate_equivalents`, {unit: 'gate equivalents', parts});
      const [gates, flipFlops] = parts.map(part => this.areas.get(part));
      this.areas.set(`${tlb}.gate_equivalents`, gates.map((source, i) => Math.max(source, flipFlops[i])));
    }
  }
  setWeight(name, value) {
    this.weights[name] = value;
    for (const [path, {parts}] of this.statistics) if (parts) this.decoded.delete(path);
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

  // Why a chart has nothing, where the filters are the reason.
  filteredAway() {
    const chosen = [...this.filters].map(([axis, value]) => `${axis.label} ${axis.shown[value]}`);
    return chosen.length && !this.shownPoints().length ?
      `No finished point has ${chosen.join(' and ')}: set one of the filters at the top to "all".` : '';
  }

  unit(path) {
    return this.statistics.get(path)?.unit ?? this.axes.find(axis => axis.path === path)?.unit ?? '';
  }
  varies(path) {
    const {column, parts} = this.statistics.get(path);
    return parts ? parts.some(part => this.varies(part)) : !('constant' in column);
  }

  // One number a point: a statistic, or what an axis has.
  async column(path) {
    if (!this.decoded.has(path)) {
      const statistic = this.statistics.get(path);
      const axis = this.axes.find(one => one.path === path);
      if (statistic?.parts) this.decoded.set(path, this.gateEquivalents(statistic.parts));
      else this.decoded.set(path, statistic ?
        decodeNumbers(statistic.column, this.count) :
        Float64Array.from(axis.index, i => axis.values[i] === '' ? NaN : Number(axis.values[i])));
    }
    return this.decoded.get(path);
  }
  async gateEquivalents(parts) {
    const [gates, flipFlops, bits] = await Promise.all(parts.map(part => this.column(part)));
    const {flip_flop, memory_bit} = this.weights;
    return gates.map((value, i) => value + flip_flop * flipFlops[i] + memory_bit * bits[i]);
  }
  async texts(name) {
    if (!this.decoded.has(name)) this.decoded.set(name, decodeTexts(this.raw[name], this.count));
    return this.decoded.get(name);
  }

  // '' where the value at this point is no area.
  areaSource(path, point) { return this.raw.area.source_texts[this.areas.get(path)?.[point] ?? 0]; }
  isEstimated(path, point) { return this.areaSource(path, point).startsWith('estimated'); }
  // Beyond what was synthesised: no front, and no figure of error, holds there.
  isBeyond(path, point) { return this.areas.get(path)?.[point] === this.raw.area.beyond; }
}
