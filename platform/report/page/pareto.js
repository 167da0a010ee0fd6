// Cost against benefit, and the front of those that nothing else beats.

class Pareto {
  // `weighted` is called when the weights of gates plus storage have changed.
  constructor(sweep, open, weighted) {
    this.sweep = sweep;
    this.weighted = weighted;
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
    this.by = null;  // not chosen yet: colours() chooses
    this.tolerance = 0.02;
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
    this.colourList = select('colour by', [], '', set('by'));
    const weights = [['flip_flop', 'gates a flip-flop'], ['memory_bit', 'gates a bit of memory']].map(([name, label]) =>
      numberField(label, sweep.weights[name], 0.5, value => { sweep.setWeight(name, value); this.weighted(); }));
    this.weightFields = element('span', {class: 'together', id: 'weights'}, weights);
    this.section.querySelector('.controls').replaceChildren(
      select('cost (across)', costs, this.cost, set('cost')), select('benefit (up)', benefits, this.benefit, chosen), better,
      ...workloads, ...seeds, this.colourList,
      numberField('costs equal within, %', 100 * this.tolerance, 0.5, value => { this.tolerance = value / 100; this.update(); }),
      this.weightFields,
      element('span', {class: 'together'}, tick('log across', this.logX, set('logX')), tick('log up', this.logY, set('logY'))));
  }

  // What the marks may be coloured by: what varies among them. The user's choice where it does; else
  // a parameter of few values that is not the cost itself.
  colours(points) {
    const {sweep} = this;
    const varies = axis => points.some(i => axis.index[i] !== axis.index[points[0]]);
    const varying = sweep.axes.filter(axis => axis.values.length > 1 && varies(axis));
    const few = varying.filter(axis => axis.kind !== 'dependent' && axis.values.length <= 12 && axis.path !== this.cost);
    const usual = few.find(axis => axis.numeric && axis.kind === 'parameter' && !/\.entries$/.test(axis.path)) ??
      few.find(axis => axis.kind === 'parameter' && !/\.entries$/.test(axis.path)) ?? few.find(axis => axis.kind !== 'storage_bits') ?? few[0];
    const by = this.by === '' ? null : varying.find(axis => axis.path === this.by) ?? usual ?? null;
    fillSelect(this.colourList.querySelector('select'),
      [{value: '', text: varying.length ? 'nothing' : 'nothing: none varies'}, ...varying.map(axis => ({value: axis.path, text: axis.label}))], by?.path ?? '');
    return by;
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
        beyond: [this.cost, this.benefit].some(path => group.points.some(i => sweep.isBeyond(path, i))),
        estimated: [this.cost, this.benefit].some(path => group.points.some(i => sweep.isEstimated(path, i))),
        source: sweep.areaSource(this.cost, first),
        title: describe(varying, first) || sweep.raw.name,
      });
    }
    const lines = new Map();
    for (const datum of data) lines.set(datum.line, [...lines.get(datum.line) ?? [], datum]);
    // Estimates beyond what was synthesised are drawn, but nothing is concluded from them.
    const front = [...lines.values()].flatMap(line => paretoFront(line.filter(one => !one.beyond), this.higher, this.tolerance));
    for (const datum of front) datum.front = true;
    const own = this.colours(data.map(one => one.points[0]));
    const colouredBy = over === 'each' ? sweep.workload : own;
    for (const datum of data) datum.series = colouredBy ? colouredBy.shown[colouredBy.index[datum.points[0]]] : 'all';
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
    const {sweep} = this;
    this.result = result;
    this.colourList.hidden = this.over === 'each';
    this.weightFields.hidden = !this.cost.endsWith('.gate_equivalents');
    this.caption(result);
    if (!data.length) {
      this.chart.empty(sweep.filteredAway() || 'No finished point has both.');
      return;
    }
    const used = new Set(data.map(one => one.series));
    const values = colouredBy ? colouredBy.shown.filter(text => used.has(text)) : [];
    const keys = seriesKeys(colouredBy?.label ?? '', values, Boolean(colouredBy?.numeric));
    const x = {name: axisName(sweep, this.cost), unit: sweep.unit(this.cost)};
    const y = {name: axisName(sweep, this.benefit), unit: sweep.unit(this.benefit)};
    const options = {x, y, keys, higher: this.higher, logX: this.logX, logY: this.logY, oneFront: this.over !== 'each'};
    const stops = [...front, ...data.filter(one => !one.front).sort((a, b) => a.x - b.x)];
    this.chart.draw(width => paretoSpec(data, front, options, width), stops, datum => ({
      title: datum.title,
      rows: [[statisticName(this.cost), short(datum.x, sweep.unit(this.cost)) + (datum.beyond ? ' (beyond)' : datum.estimated ? ' (estimated)' : '')],
             [statisticName(this.benefit), short(datum.y, sweep.unit(this.benefit))],
             ...datum.source ? [['area', datum.source]] : [],
             ...datum.points.length > 1 ? [['points', String(datum.points.length)]] : []],
    }));
  }

  caption({data, front, left, incomplete, workloads}) {
    const {sweep} = this;
    const parts = [];
    if (data.length) {
      const how = this.over === 'all' && workloads > 1 ? ` (geometric mean of ${workloads} workloads)` : '';
      parts.push(`Each mark is one configuration${how}. `, this.frontSentence(data, front), this.kneeSentence(front));
      if (isArea(this.cost)) parts.push(areaSentence(sweep, this.cost, data));
    }
    if (incomplete) parts.push(`${plural(incomplete, 'configuration')} left out: not all workloads finished. `);
    if (left) parts.push(`${plural(left, 'configuration')} left out: no such value. `);
    this.section.querySelector('.caption').replaceChildren(...parts);
  }

  frontSentence(data, front) {
    if (!front.length) return element('strong', {}, 'No front: all marks are estimates beyond what was synthesised. ');
    const equal = this.tolerance > 0 ? `; costs within ${percent(this.tolerance)} of each other count as equal` : '';
    const compared = data.filter(one => !one.beyond).length;
    const line = this.over === 'each' ? 'A line is the Pareto front of its workload' : 'The line is the Pareto front';
    return element('strong', {}, front.length === 1 && compared > 1 && this.over !== 'each' ?
      `One mark beats the ${compared === 2 ? 'other' : `${(compared - 1).toLocaleString('en-US')} others`} in both${equal}: ${front[0].title}. ` :
      `${line}: ${front.length.toLocaleString('en-US')} of ${plural(compared, 'mark')} that no other beats in both${equal}. `);
  }

  kneeSentence(front) {
    if (this.over === 'each') return '';
    const scaled = log => value => log ? Math.log(value) : value;
    const ends = front.length > 1 && (!this.logX || front[0].x > 0) && (!this.logY || front.every(one => one.y > 0));
    const knee = ends ? kneeOf(front, scaled(this.logX), scaled(this.logY)) : null;
    return knee ? `Its knee, as drawn, is ${knee.title}: from there on more cost buys less benefit than before. ` : '';
  }
}
