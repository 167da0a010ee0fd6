// Cost against benefit, and the front of those that nothing else beats.

const tlbNames = ['mmu.dtlb', 'mmu.itlb', 'mmu.l2tlb'];
const costNames = {storage_bits: 'storage bits', cam_bits: 'CAM bits', gates: 'area in gates', flip_flops: 'area in flip-flops'};
const benefitNames = {
  mpki: 'misses per 1000 instructions', misses: 'misses', hit_rate: 'hit rate', reach_bytes: 'reach',
  'density.mean': 'live units per entry',
};
const platformNames = {
  'platform.cycles': 'cycles', 'platform.cycles_per_instruction': 'cycles per instruction',
  'platform.translation_stall_share': 'share of cycles waiting for translation',
};
const moreIsBetter = path => /\.(hit_rate|reach_bytes|density\.mean|survival_rate|units_per_fill)$/.test(path);
const isArea = path => /\.(gates|flip_flops)$/.test(path);

// "mmu.dtlb.mpki" is "dtlb: misses per 1000 instructions".
function statisticName(path) {
  if (platformNames[path]) return platformNames[path];
  const tlb = tlbNames.find(name => path.startsWith(`${name}.`));
  const what = tlb && path.slice(tlb.length + 1);
  const name = what && (costNames[what] ?? benefitNames[what]);
  return name ? `${shortPath(tlb)} ${name}` : shortPath(path);
}

function costChoices(sweep) {
  const has = path => sweep.statistics.has(path);
  const choices = tlbNames.flatMap(tlb => Object.keys(costNames).map(what => `${tlb}.${what}`)).filter(has)
    .map(path => ({value: path, text: statisticName(path), group: 'size'}));
  for (const path of sweep.statistics.keys()) {
    if (/\.(storage_bits|cam_bits)$/.test(path) && !choices.some(choice => choice.value === path)) {
      choices.push({value: path, text: shortPath(path), group: 'size'});
    }
  }
  for (const axis of sweep.axes) {
    if (axis.numeric && axis.values.length > 1) choices.push({value: axis.path, text: axis.label, group: 'parameter'});
  }
  return choices;
}

// The statistics that one usually wants first, then whatever else varies.
function statisticChoices(sweep) {
  const first = [
    ...tlbNames.flatMap(tlb => Object.keys(benefitNames).map(what => `${tlb}.${what}`)), ...Object.keys(platformNames),
  ].filter(path => sweep.statistics.has(path));
  const rest = [...sweep.statistics.keys()].filter(path => !first.includes(path) && sweep.varies(path)).sort();
  return [...first.map(path => ({value: path, text: statisticName(path), group: 'usual'})),
          ...rest.map(path => ({value: path, text: shortPath(path), group: 'all that varies'}))];
}

const varyingFirst = (sweep, paths) => paths.find(path => sweep.statistics.has(path) && sweep.varies(path)) ?? paths.find(path => sweep.statistics.has(path));

function paretoSpec(data, front, options) {
  const {x, y, higher, keys, logX, logY} = options;
  const scale = (field, log, unit) => {
    const values = data.map(one => one[field]);
    const low = least(values), high = most(values);
    if (log && low > 0) return {type: 'log', base: unit === 'bytes' ? 2 : 10, domain: [low / 1.15, high * 1.15]};
    const room = 0.05 * (high - low || Math.abs(high) || 1);
    const from = low >= 0 && low < 0.3 * high ? 0 : low - room;
    return {type: log ? 'symlog' : 'linear', zero: false, domain: [from, high + room]};
  };
  const seriesColour = keys.values.length > 1 ? {scale: 'colour', field: 'series'} : {value: colour('accent')};
  const emphasis = [{test: 'datum.id === focused', value: 1}, {test: 'datum.front', value: 1}, {test: 'datum.estimated', value: 0.7}, {value: data.length > 300 ? 0.4 : 0.6}];
  const axisTitle = (name, unit) => unit && unit !== name && !name.includes(unit) ? `${name} (${unit})` : name;
  return {
    height: 460,
    signals: [{name: 'focused', value: -1}],
    data: [{name: 'rows', values: data}, {name: 'front_rows', values: front}],
    scales: [
      {name: 'x', range: 'width', ...scale('x', logX, x.unit)},
      {name: 'y', range: 'height', ...scale('y', logY, y.unit)},
      {name: 'colour', type: 'ordinal', domain: keys.values, range: keys.colours},
    ],
    axes: [
      {orient: 'bottom', scale: 'x', grid: true, title: `${axisTitle(x.name, x.unit)}   ← less is better`, encode: numberLabels(x.unit), tickCount: 8},
      {orient: 'left', scale: 'y', grid: true, title: `${axisTitle(y.name, y.unit)}   ${higher ? 'more is better →' : '← less is better'}`, encode: numberLabels(y.unit), tickCount: 6},
    ],
    legends: keys.values.length > 1 ? [{fill: 'colour', title: lines(keys.title), encode: {symbols: {update: {stroke: {value: null}}}}}] : [],
    marks: [
      {type: 'group', name: 'fronts', from: {facet: {name: 'one', data: 'front_rows', groupby: 'line'}}, marks: [{
        type: 'line', name: 'front', from: {data: 'one'}, interactive: false,
        encode: {update: {x: {scale: 'x', field: 'x'}, y: {scale: 'y', field: 'y'}, interpolate: {value: 'step-after'},
                          stroke: options.oneFront ? {value: colour('ink')} : {scale: 'colour', field: 'series'}, strokeWidth: {value: 1.5}, strokeOpacity: {value: 0.55}}},
      }]},
      {type: 'symbol', name: 'points', from: {data: 'rows'}, encode: {
        enter: {cursor: {value: 'pointer'}, tooltip: {value: true}},
        update: {
          x: {scale: 'x', field: 'x'}, y: {scale: 'y', field: 'y'}, zindex: {signal: 'datum.front ? 1 : 0'},
          size: [{test: 'datum.id === focused', value: 190}, {test: 'datum.front', value: 95}, {value: data.length > 300 ? 34 : 52}],
          // Estimated: hollow.
          fill: [{test: 'datum.estimated', value: colour('card')}, seriesColour],
          stroke: [{test: 'datum.id === focused', value: colour('ink')}, {test: 'datum.front && !datum.estimated', value: colour('ink')}, seriesColour],
          strokeWidth: [{test: 'datum.estimated', value: 1.8}, {test: 'datum.front', value: 1.2}, {value: 0.5}],
          opacity: emphasis,
        },
        hover: {size: {value: 170}, opacity: {value: 1}},
      }},
    ],
  };
}

// Colours of a series: steps of a ramp for numbers, distinct ones for names.
function seriesKeys(title, values, ordered) {
  const colours = ordered ? rampSteps(values.length) : categories();
  return {title, values, ordered, colours};
}

function rampSteps(count) {
  const stops = ramp().map(hex => [1, 3, 5].map(at => parseInt(hex.slice(at, at + 2), 16)));
  return Array.from({length: count}, (_, i) => {
    const place = count === 1 ? 0 : i / (count - 1) * (stops.length - 1);
    const from = Math.min(stops.length - 2, Math.floor(place));
    const mixed = stops[from].map((low, k) => Math.round(low + (stops[from + 1][k] - low) * (place - from)));
    return `rgb(${mixed})`;
  });
}

class Pareto {
  constructor(sweep, open) {
    this.sweep = sweep;
    this.section = byId('pareto');
    this.chart = new Chart(byId('pareto_chart'), 'Configurations by cost and benefit.', datum => open(datum.title, datum.points));
    const costs = costChoices(sweep), benefits = statisticChoices(sweep);
    this.cost = varyingFirst(sweep, ['mmu.dtlb.storage_bits', 'mmu.l2tlb.storage_bits', 'mmu.itlb.storage_bits']);
    if (!this.cost || !sweep.varies(this.cost)) this.cost = costs.find(choice => choice.group === 'parameter')?.value ?? this.cost ?? costs[0]?.value;
    const tlb = tlbNames.find(name => this.cost?.startsWith(`${name}.`) && sweep.statistics.has(`${name}.mpki`));
    this.benefit = varyingFirst(sweep, [...tlb ? [`${tlb}.mpki`] : [], 'mmu.dtlb.mpki', 'platform.cycles']) ?? benefits[0]?.value;
    this.higher = this.benefit != null && moreIsBetter(this.benefit);
    this.over = 'all';
    this.seeds = 'mean';
    const few = sweep.namingAxes().filter(axis => axis.values.length <= 12 && axis.path !== this.cost);
    this.by = (few.find(axis => axis.numeric && axis.kind === 'parameter' && !/\.entries$/.test(axis.path)) ?? few[0])?.path ?? '';
    this.logX = this.logY = false;
    this.ready = this.prepare(costs, benefits);
  }

  // Costs that differ much crowd the small ones: then a logarithm shows all.
  async prepare(costs, benefits) {
    if (!this.cost || !this.benefit) return;
    const values = [...await this.sweep.column(this.cost)].filter(Number.isFinite);
    this.logX = least(values) > 0 && most(values) > 20 * least(values);
    this.controls(costs, benefits);
  }

  controls(costs, benefits) {
    const {sweep} = this;
    const set = name => value => { this[name] = value; this.update(); };
    const better = select('better', [{value: 'lower', text: 'less'}, {value: 'higher', text: 'more'}],
      this.higher ? 'higher' : 'lower', value => { this.higher = value === 'higher'; this.update(); });
    const chosen = value => {
      this.benefit = value;
      this.higher = moreIsBetter(value);
      better.querySelector('select').value = this.higher ? 'higher' : 'lower';
      this.update();
    };
    const workloads = sweep.workload.values.length > 1 ? [select('workloads', [
      {value: 'all', text: 'geometric mean of all'}, {value: 'each', text: 'each by colour'},
      ...sweep.workload.shown.map((text, i) => ({value: String(i), text, group: 'only'})),
    ], this.over, set('over'))] : [];
    const seeds = sweep.seed.values.length > 1 ? [select('seeds', [
      {value: 'mean', text: 'mean'}, {value: 'each', text: 'each apart'}], this.seeds, set('seeds'))] : [];
    const colours = [{value: '', text: 'nothing'}, ...sweep.axes.filter(axis => axis.values.length > 1)
      .map(axis => ({value: axis.path, text: axis.label}))];
    this.section.querySelector('.controls').replaceChildren(
      select('cost (across)', costs, this.cost, set('cost')), select('benefit (up)', benefits, this.benefit, chosen), better,
      ...workloads, ...seeds, select('colour by', colours, this.by, set('by')),
      element('span', {class: 'together'}, tick('log across', this.logX, set('logX')), tick('log up', this.logY, set('logY'))));
  }

  // One datum a configuration (and workload, and seed, where these are apart).
  async data() {
    const {sweep, over} = this;
    const cost = await sweep.column(this.cost), benefit = await sweep.column(this.benefit);
    let points = sweep.shownPoints();
    if (over !== 'all' && over !== 'each') points = points.filter(i => sweep.workload.index[i] === Number(over));
    const axes = [...sweep.axes, ...this.seeds === 'each' ? [sweep.seed] : [], ...over === 'each' ? [sweep.workload] : []];
    const varying = axes.filter(axis => axis.kind !== 'dependent' && axis.values.length > 1);
    const workloads = new Set(points.map(i => sweep.workload.index[i])).size;
    const colouredBy = over === 'each' ? sweep.workload : sweep.axes.find(axis => axis.path === this.by);
    const data = [];
    let left = 0, incomplete = 0;
    for (const group of groupBy(points, axes)) {
      const first = group.points[0];
      if (over === 'all' && new Set(group.points.map(i => sweep.workload.index[i])).size < workloads) {
        incomplete++;
        continue;
      }
      const x = mean(group.points.map(i => cost[i])), y = overWorkloads(sweep, group.points, benefit);
      if (!Number.isFinite(x) || !Number.isFinite(y)) {
        left++;
        continue;
      }
      data.push({
        id: data.length, x, y, points: group.points, front: false, line: over === 'each' ? sweep.workload.shown[sweep.workload.index[first]] : 'all',
        series: colouredBy ? colouredBy.shown[colouredBy.index[first]] : 'all',
        estimated: [this.cost, this.benefit].some(path => group.points.some(i => sweep.isEstimated(path, i))),
        source: sweep.areaSource(this.cost, first),
        title: describe(varying, first) || sweep.raw.name,
      });
    }
    const lines = new Map();
    for (const datum of data) lines.set(datum.line, [...lines.get(datum.line) ?? [], datum]);
    const front = [...lines.values()].flatMap(line => paretoFront(line, this.higher));
    for (const datum of front) datum.front = true;
    return {data, front, left, incomplete, workloads, colouredBy};
  }

  async update() {
    if (!this.cost || !this.benefit) {
      this.chart.empty('Nothing to compare: the database has no size of a TLB and no numeric parameter that varies.');
      return;
    }
    const turn = this.turn = {};
    await this.ready;
    const result = await this.data();
    if (turn !== this.turn) return;  // a later choice overtook this one
    const {data, front, colouredBy} = result;
    this.result = result;
    this.caption(result);
    if (!data.length) {
      this.chart.empty('No finished point has both.');
      return;
    }
    const {sweep} = this;
    const used = new Set(data.map(one => one.series));
    const values = colouredBy ? colouredBy.shown.filter(text => used.has(text)) : [];
    const keys = seriesKeys(colouredBy?.label ?? '', values, Boolean(colouredBy?.numeric));
    const x = {name: statisticName(this.cost), unit: isArea(this.cost) || /bits$/.test(this.cost) ? '' : sweep.unit(this.cost)};
    const y = {name: statisticName(this.benefit), unit: /mpki$/.test(this.benefit) ? '' : sweep.unit(this.benefit)};
    const options = {x, y, keys, higher: this.higher, logX: this.logX, logY: this.logY, oneFront: this.over !== 'each'};
    const stops = [...front, ...data.filter(one => !one.front).sort((a, b) => a.x - b.x)];
    this.chart.draw(paretoSpec(data, front, options), stops, datum => ({
      title: datum.title,
      rows: [[x.name, short(datum.x, sweep.unit(this.cost)) + (datum.estimated ? ' (estimated)' : '')],
             [y.name, short(datum.y, sweep.unit(this.benefit))],
             ...datum.source ? [['area', datum.source]] : [],
             ...datum.points.length > 1 ? [['points', String(datum.points.length)]] : []],
    }));
  }

  caption({data, front, left, incomplete, workloads}) {
    const {sweep} = this;
    const how = this.over === 'all' && workloads > 1 ? ` (geometric mean of ${workloads} workloads)` : '';
    const parts = [
      `Each mark is one configuration${how}. `,
      element('strong', {}, `${this.over === 'each' ? 'A line is the Pareto front of its workload' : 'The line is the Pareto front'}: ` +
        `${front.length.toLocaleString('en-US')} of ${plural(data.length, 'mark')} that no other beats in both. `),
      'Look for its knee, where more cost stops buying benefit; everything off the line is beaten by something on it. ',
    ];
    if (isArea(this.cost)) parts.push(areaSentence(sweep, this.cost, data));
    if (incomplete) parts.push(`${plural(incomplete, 'configuration')} left out: not all workloads finished. `);
    if (left) parts.push(`${plural(left, 'configuration')} left out: no such value. `);
    this.section.querySelector('.caption').replaceChildren(...parts);
  }
}

function areaSentence(sweep, path, data) {
  const estimated = data.filter(one => one.estimated).length;
  const fit = sweep.raw.area.fits.find(one => path.endsWith(`.${one.measure}`));
  const error = fit ? ` Estimating each of the ${fit.geometries} synthesised geometries from the others is off by ${percent(fit.mean)} on average, ${percent(fit.worst)} at worst.` : '';
  return `Filled marks were synthesised, hollow ones (${estimated}) have an estimated area.${error} `;
}
