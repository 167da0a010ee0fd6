// Where misses come from: no tag, no unit, other content.

const mostBars = 40;
const classNames = ['tag: no entry had it', 'unit: entry there, page not', 'content: other context or a first store'];

function stackSpec(parts, order, unit, colours, width) {
  const height = Math.max(300, order.length * 24);
  return {
    height: height + 60,
    signals: [{name: 'focused', value: -1}],
    data: [{name: 'rows', values: parts}],
    scales: [
      {name: 'y', type: 'band', domain: order, range: 'height', padding: 0.28},
      {name: 'x', type: 'linear', domain: {data: 'rows', field: 'to'}, range: 'width', nice: true, zero: true},
      {name: 'colour', type: 'ordinal', domain: classNames, range: colours},
    ],
    axes: [
      {orient: 'bottom', scale: 'x', grid: true, title: unit, encode: numberLabels(''), tickCount: Math.min(10, Math.floor(width / 70))},
      {orient: 'left', scale: 'y', domain: false, labelLimit: Math.min(330, 0.4 * width), encode: {labels: {update: {text: {signal: "data('names')[datum.value].text"}}}}},
    ],
    legends: [{fill: 'colour', orient: 'top', title: null, symbolType: 'square', labelLimit: 300, direction: 'horizontal', columns: width < narrow ? 1 : width < 800 ? 2 : 3, columnPadding: 22}],
    marks: [{type: 'rect', name: 'bars', from: {data: 'rows'}, encode: {
      enter: {cursor: {value: 'pointer'}, tooltip: {value: true}},
      update: {
        y: {scale: 'y', field: 'bar'}, height: {scale: 'y', band: 1}, x: {scale: 'x', field: 'from'}, x2: {scale: 'x', field: 'to'},
        fill: {scale: 'colour', field: 'kind'}, stroke: [{test: 'datum.bar === focused', value: colour('ink')}, {value: null}], strokeWidth: {value: 2},
      },
      hover: {stroke: {value: colour('ink')}, strokeWidth: {value: 1.5}},
    }}],
  };
}

class Stacks {
  constructor(sweep, open) {
    this.sweep = sweep;
    this.section = byId('stacks');
    this.chart = new Chart(byId('stacks_chart'), 'Misses by class.', datum => open(datum.title, datum.points));
    this.tlbs = tlbNames.filter(tlb => ['miss_tag', 'miss_unit', 'miss_content'].every(kind => sweep.statistics.has(`${tlb}.${kind}`)));
    if (!this.tlbs.length) return;
    this.tlb = this.tlbs.find(tlb => sweep.varies(`${tlb}.misses`)) ?? this.tlbs[0];
    this.per = sweep.statistics.has('platform.instructions') ? 'platform.instructions' : 'lookups';
    const axes = sweep.allAxes();
    const configurations = sweep.namingAxes().reduce((product, axis) => product * axis.values.length, 1);
    const own = axes.filter(axis => sweep.axes.includes(axis));
    this.by = configurations <= mostBars || !own.length ? 'configuration' : own.map(axis => axis.path).find(path => !/\.entries$/.test(path)) ?? own[0].path;
    this.order = 'space';
    const set = name => value => { this[name] = value; this.update(); };
    const per = [{value: 'platform.instructions', text: '1000 instructions'}, {value: 'lookups', text: '1000 lookups'}];
    this.section.querySelector('.controls').replaceChildren(
      select('TLB', this.tlbs.map(tlb => ({value: tlb, text: shortPath(tlb)})), this.tlb, set('tlb')),
      select('one bar for each', [{value: 'configuration', text: 'configuration'}, ...axes.map(axis => ({value: axis.path, text: axis.label}))], this.by, set('by')),
      select('misses per', per.filter(choice => choice.value === 'lookups' || sweep.statistics.has(choice.value)), this.per, set('per')),
      select('order', [{value: 'space', text: 'as in the space'}, {value: 'least', text: 'fewest misses first'}], this.order, set('order')));
  }

  async update() {
    const {sweep} = this;
    if (!this.tlbs.length) {
      this.chart.empty('The database has no misses by class.');
      return;
    }
    const turn = this.turn = {};
    const misses = await Promise.all(['miss_tag', 'miss_unit', 'miss_content'].map(kind => sweep.column(`${this.tlb}.${kind}`)));
    const base = await sweep.column(this.per === 'lookups' ? `${this.tlb}.lookups` : this.per);
    if (turn !== this.turn) return;
    const axes = this.by === 'configuration' ? sweep.namingAxes() : [sweep.axis(this.by)];
    const usable = sweep.shownPoints().filter(i => base[i] > 0 && misses.every(column => Number.isFinite(column[i])));
    let bars = groupBy(usable, axes).map(group => ({
      points: group.points, values: group.values,
      rates: misses.map(column => mean(group.points.map(i => 1000 * column[i] / base[i]))),
      title: describe(axes, group.points[0]) || sweep.raw.name,
      name: axes.map(axis => axes.length === 1 ? axis.shown[axis.index[group.points[0]]] : `${axis.label.replace(/^.*\./, '')} ${axis.shown[axis.index[group.points[0]]]}`).join(', ') || 'all',
    }));
    const total = bar => bar.rates.reduce((sum, rate) => sum + rate);
    if (this.order === 'least') bars.sort((a, b) => total(a) - total(b));
    else if (axes.length === 1) bars.sort((a, b) => a.values[0] - b.values[0]);
    const all = bars.length;
    bars = bars.slice(0, mostBars);
    this.caption(bars, all);
    if (!bars.length) {
      this.chart.empty(sweep.filteredAway() || 'No finished point has misses by class.');
      return;
    }
    const parts = bars.flatMap((bar, at) => {
      let from = 0;
      return bar.rates.map((rate, k) => {
        const part = {id: at, bar: at, kind: classNames[k], rate, from, to: from + rate, points: bar.points, title: bar.title, rates: bar.rates};
        from = part.to;
        return part;
      });
    });
    this.bars = bars;
    const unit = `${shortPath(this.tlb)} misses per 1000 ${this.per === 'lookups' ? 'lookups' : 'instructions'}`;
    const specify = width => {
      const spec = stackSpec(parts, bars.map((bar, at) => at), unit, missClasses(), width);
      spec.data.push({name: 'names', values: bars.map(bar => ({text: bar.name}))});
      return spec;
    };
    this.chart.draw(specify, bars.map((bar, at) => parts[3 * at]), part => ({
      title: part.title,
      rows: [...['tag', 'unit', 'content'].map((kind, k) => [kind, exact(part.rates[k])]), ['all', exact(part.rates.reduce((sum, rate) => sum + rate))]],
    }));
  }

  caption(bars, all) {
    const caption = this.section.querySelector('.caption');
    if (!bars.length) {
      caption.replaceChildren();
      return;
    }
    const largest = most(bars.map(bar => bar.points.length));
    caption.replaceChildren(
      `Each bar is ${largest > 1 ? `the mean of up to ${plural(largest, 'point')}` : 'one point'}. `, this.classSentence(bars),
      all > bars.length ? `The first ${bars.length} of ${all.toLocaleString('en-US')} bars are shown: filter, or take one bar for each value of a parameter.` : '');
  }

  // Which class most misses of these bars are of, and what the other classes have.
  classSentence(bars) {
    const sums = [0, 1, 2].map(k => bars.reduce((sum, bar) => sum + bar.rates[k], 0));
    const all = sums[0] + sums[1] + sums[2];
    if (!(all > 0)) return 'There are no misses. ';
    const meanings = ['no entry has the tag', 'an entry has the tag, but not this unit', 'tag and unit are there, their content differs'];
    const found = [0, 1, 2].filter(k => sums[k] > 0).sort((a, b) => sums[b] - sums[a]);
    const shares = found.map(k => `${meanings[k]}: ${percent(sums[k] / all)}`);
    return element('strong', {}, `Of their misses, ${shares.join('; ')}. `);
  }
}
