// One statistic over two parameters; what else varies is averaged.

function heatSpec(cells, x, y, unit, name, limits, width) {
  const few = cells.length <= 200;
  return {
    height: 420,
    signals: [{name: 'focused', value: -1}],
    data: [{name: 'rows', values: cells}],
    scales: [
      {name: 'x', type: 'band', domain: x.values, range: 'width', paddingInner: 0.03},
      {name: 'y', type: 'band', domain: y.values, range: 'height', paddingInner: 0.03, reverse: true},
      {name: 'colour', type: 'linear', domain: limits, range: ramp(), zero: false, interpolate: 'rgb'},
    ],
    axes: [
      {orient: 'bottom', scale: 'x', title: x.title, domain: false, encode: {labels: {update: {angle: {value: 0}}}}, labelLimit: 120},
      {orient: 'left', scale: 'y', title: y.title, domain: false, labelLimit: Math.min(200, 0.35 * width)},
    ],
    legends: [{fill: 'colour', title: lines(name, width < narrow ? width / 7 : 22), type: 'gradient', gradientLength: 200,
               ...width < narrow ? {orient: 'bottom', direction: 'horizontal'} : {},
               encode: {labels: {update: {text: {signal: `short(datum.value, ${JSON.stringify(unit)})`}}}}}],
    marks: [
      {type: 'rect', name: 'cells', from: {data: 'rows'}, encode: {
        enter: {cursor: {value: 'pointer'}, tooltip: {value: true}},
        update: {
          x: {scale: 'x', field: 'x'}, width: {scale: 'x', band: 1}, y: {scale: 'y', field: 'y'}, height: {scale: 'y', band: 1},
          fill: {scale: 'colour', field: 'value'}, cornerRadius: {value: 2}, zindex: {signal: 'datum.id === focused ? 1 : 0'},
          stroke: [{test: 'datum.id === focused', value: colour('ink')}, {value: null}], strokeWidth: {value: 2.5},
        },
        hover: {stroke: {value: colour('ink')}, strokeWidth: {value: 1.5}},
      }},
      ...few ? [{type: 'text', from: {data: 'rows'}, interactive: false, encode: {update: {
        x: {scale: 'x', field: 'x', band: 0.5}, y: {scale: 'y', field: 'y', band: 0.5},
        align: {value: 'center'}, baseline: {value: 'middle'}, fontSize: {value: 12}, text: {field: 'text'},
        limit: {signal: "bandwidth('x')"}, fill: {signal: "luminance(scale('colour', datum.value)) > 0.36 ? '#10202e' : '#ffffff'"},
      }}}] : [],
    ],
  };
}

class HeatMap {
  constructor(sweep, open) {
    this.sweep = sweep;
    this.section = byId('heat_map');
    this.chart = new Chart(byId('heat_map_chart'), 'Heat map over two parameters.', datum => open(datum.title, datum.points));
    const axes = sweep.allAxes();
    const own = axes.filter(axis => sweep.axes.includes(axis) && axis.kind !== 'dependent');
    this.x = (own[0] ?? axes[0])?.path;
    this.y = (own[1] ?? axes.find(axis => axis.path !== this.x))?.path;
    const statistics = statisticChoices(sweep);
    this.statistic = varyingFirst(sweep, ['mmu.dtlb.mpki', 'platform.cycles']) ?? statistics[0]?.value;
    if (!this.y || !this.statistic) return;
    const choices = axes.map(axis => ({value: axis.path, text: axis.label}));
    const set = name => value => {
      // Two different ones: the other takes the place of this.
      if (name !== 'statistic' && value === this[name === 'x' ? 'y' : 'x']) this[name === 'x' ? 'y' : 'x'] = this[name];
      this[name] = value;
      for (const key of ['x', 'y']) lists[key].querySelector('select').value = this[key];
      this.update();
    };
    const lists = {x: select('across', choices, this.x, set('x')), y: select('up', choices, this.y, set('y'))};
    this.section.querySelector('.controls').replaceChildren(
      lists.x, lists.y, select('colour', statistics, this.statistic, set('statistic')));
  }

  async update() {
    const {sweep} = this;
    if (!this.y || !this.statistic) {
      this.chart.empty('A heat map needs two parameters that vary.');
      return;
    }
    const turn = this.turn = {};
    const column = await sweep.column(this.statistic);
    if (turn !== this.turn) return;
    const x = sweep.axis(this.x), y = sweep.axis(this.y);
    const unit = sweep.unit(this.statistic), name = statisticName(this.statistic);
    const cells = [];
    for (const group of groupBy(sweep.shownPoints(), [x, y])) {
      const points = group.points.filter(i => Number.isFinite(column[i]));
      if (!points.length) continue;
      const value = mean(points.map(i => column[i]));
      const estimated = points.some(i => sweep.isEstimated(this.statistic, i));
      const beyond = points.some(i => sweep.isBeyond(this.statistic, i));
      cells.push({id: cells.length, x: x.shown[group.values[0]], y: y.shown[group.values[1]], value, points, estimated, beyond,
                  text: short(value, unit) + (beyond ? ' ?' : estimated ? ' est.' : ''), title: describe([x, y], points[0])});
    }
    this.caption(x, y, name, cells);
    if (!cells.length) {
      this.chart.empty(sweep.filteredAway() || 'No finished point has this statistic.');
      return;
    }
    const used = (axis, field) => axis.shown.filter(text => cells.some(cell => cell[field] === text));
    const values = cells.map(cell => cell.value);
    const limits = [least(values), most(values)];
    if (limits[0] === limits[1]) limits[1] += 1;
    const title = axis => axis.unit && !axis.label.includes(axis.unit) ? `${axis.label} (${axis.unit})` : axis.label;
    const place = axis => new Map(axis.shown.map((text, i) => [text, i]));
    const rows = place(y), columns = place(x);
    const stops = [...cells].sort((a, b) => rows.get(b.y) - rows.get(a.y) || columns.get(a.x) - columns.get(b.x));
    this.cells = cells;
    this.chart.draw(width => heatSpec(cells, {values: used(x, 'x'), title: title(x)}, {values: used(y, 'y'), title: title(y)}, unit, name, limits, width), stops,
      cell => ({title: cell.title, rows: [[name, exactWithUnit(cell.value, unit) + (cell.beyond ? ' (beyond what was synthesised)' : cell.estimated ? ' (estimated)' : '')],
                                         ['points', String(cell.points.length)]]}));
  }

  caption(x, y, name, cells) {
    const caption = this.section.querySelector('.caption');
    if (!cells.length) {
      caption.replaceChildren();
      return;
    }
    const largest = most(cells.map(cell => cell.points.length));
    const others = this.sweep.allAxes().filter(axis => axis !== x && axis !== y && !this.sweep.filters.has(axis)).map(axis => axis.label);
    const beyond = cells.filter(cell => cell.beyond).length;
    caption.replaceChildren(
      `Each cell is ${largest > 1 ? `the mean of up to ${plural(largest, 'point')}` : 'one point'}: ${name}. `,
      this.directionSentence(x, y, cells),
      beyond ? `${plural(beyond, 'cell')} with "?": an area beyond the synthesised geometries, of unknown error. ` : '',
      others.length ? `Averaged over ${others.join(', ')}; the filters at the top fix any of them.` : '');
  }

  // Along which of the two the value changes more: its range along each, on average, as a share of all.
  directionSentence(x, y, cells) {
    const values = cells.map(cell => cell.value);
    const all = most(values) - least(values);
    if (!(all > 0)) return 'All cells have the same value. ';
    const along = field => {
      const rows = new Map();
      for (const cell of cells) rows.set(cell[field], [...rows.get(cell[field]) ?? [], cell.value]);
      const whole = [...rows.values()].filter(row => row.length > 1);
      return whole.length ? mean(whole.map(row => most(row) - least(row))) / all : null;
    };
    const across = along('y'), up = along('x');  // cells of one y lie across
    if (across === null || up === null) return '';
    return element('strong', {}, `Along ${x.label} it changes by ${percent(across)} of its whole range on average, along ${y.label} by ${percent(up)}. `);
  }
}
