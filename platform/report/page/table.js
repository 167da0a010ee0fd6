// All points as rows: filtered, sorted, and only as many in the document as are seen.

const rowHeight = 30;

// "10..20", "..20", ">= 10", "64": a test of a number; null where it is none of these.
function parseRange(text) {
  const trimmed = text.replaceAll(',', '').trim();
  if (trimmed.includes('..')) {
    const [low, high] = trimmed.split('..').map(side => side.trim());
    const from = low === '' ? -Infinity : Number(low), to = high === '' ? Infinity : Number(high);
    return Number.isNaN(from) || Number.isNaN(to) ? null : value => value >= from && value <= to;
  }
  const found = trimmed.match(/^(<=|>=|<|>|=)?\s*(\S+)$/);
  if (!found || Number.isNaN(Number(found[2]))) return null;
  const bound = Number(found[2]);
  return {'<': value => value < bound, '<=': value => value <= bound, '>': value => value > bound,
          '>=': value => value >= bound}[found[1]] ?? (value => value === bound);
}

const columnWidth = title => Math.min(270, Math.max(104, 8 * title.length + 34));

class PointTable {
  constructor(sweep, open) {
    this.sweep = sweep;
    this.open = open;
    this.section = byId('points');
    this.box = byId('table');
    this.statistics = ['mmu.dtlb.storage_bits', 'mmu.dtlb.mpki', 'mmu.dtlb.hit_rate', 'mmu.l2tlb.mpki', 'platform.cycles_per_instruction', 'mmu.dtlb.gates']
      .filter(path => sweep.statistics.has(path));
    if (!this.statistics.length) this.statistics = [...sweep.statistics.keys()].slice(0, 4);
    this.needles = new Map();  // column key -> what is typed
    this.text = '';
    this.sort = {key: 'number', down: false};
    this.rows = [];
    this.build();
  }

  build() {
    const {sweep} = this;
    const search = element('input', {type: 'search', id: 'search', placeholder: 'workload, value, message', oninput: event => { this.text = event.target.value.toLowerCase(); this.filter(); }});
    this.adder = element('select', {id: 'add_column', onchange: event => this.add(event.target.value)});
    this.count = element('span', {class: 'count', id: 'row_count'});
    this.section.querySelector('.controls').replaceChildren(
      element('label', {}, 'search', search), element('label', {}, 'add a statistic', this.adder),
      element('label', {}, ' ', element('button', {onclick: () => this.reset()}, 'Clear filters')), this.count);
    this.search = search;
    this.section.querySelector('.caption').textContent =
      'Every point of the sweep. A click on a name sorts; the fields below take a part of a text, or for numbers 64, >= 10 or 10..20. A click on a row opens it, with its command.';
    this.body = element('tbody');
    this.head = element('thead');
    this.columnWidths = element('colgroup');
    this.tableElement = element('table', {'aria-label': 'All points'}, this.columnWidths, this.head, this.body);
    this.box.replaceChildren(this.tableElement);
    this.box.addEventListener('scroll', () => this.draw());
    this.body.addEventListener('click', event => this.openRow(event.target.closest('tr[data-point]')));
    this.body.addEventListener('keydown', event => this.key(event));
  }

  async columns() {
    const {sweep} = this;
    const axisColumn = axis => ({
      key: axis.path, title: axis.label, unit: axis.unit ?? '', numeric: axis.numeric, width: columnWidth(axis.label),
      value: axis.numeric ? i => Number(axis.values[axis.index[i]] || NaN) : i => axis.index[i],
      text: i => axis.shown[axis.index[i]],
    });
    const columns = [{key: 'number', title: 'point', unit: '', numeric: true, width: 92, value: i => sweep.number[i], text: i => String(sweep.number[i])}];
    if (sweep.done.some(done => !done)) {
      columns.push({key: 'state', title: 'state', unit: '', numeric: false, width: 90, value: i => sweep.done[i], text: i => sweep.done[i] ? 'done' : 'failed'});
    }
    columns.push(...sweep.allAxes().map(axisColumn));
    for (const path of this.statistics) {
      const values = await sweep.column(path);
      columns.push({
        key: path, title: statisticName(path), unit: sweep.unit(path), numeric: true, width: columnWidth(statisticName(path)) + 18, removable: true,
        value: i => values[i], text: i => exact(values[i]) + (sweep.isBeyond(path, i) ? ' (beyond)' : sweep.isEstimated(path, i) ? ' (estimated)' : ''),
      });
    }
    return columns;
  }

  async update() {
    const turn = this.turn = {};
    const columns = await this.columns();
    this.messages ??= await this.sweep.texts('message');
    if (turn !== this.turn) return;
    this.shown = columns;
    const chosen = statisticChoices(this.sweep).filter(choice => !this.statistics.includes(choice.value));
    fillSelect(this.adder, [{value: '', text: 'choose …'}, ...chosen], '');
    this.drawHead();
    this.filter();
  }

  add(path) {
    if (!path) return;
    this.statistics.push(path);
    this.update().then(() => { this.box.scrollLeft = this.box.scrollWidth; });
  }
  remove(path) {
    this.statistics = this.statistics.filter(one => one !== path);
    this.needles.delete(path);
    if (this.sort.key === path) this.sort = {key: 'number', down: false};
    this.update();
  }
  reset() {
    this.needles.clear();
    this.text = this.search.value = '';
    this.update();
  }

  drawHead() {
    const total = this.shown.reduce((sum, column) => sum + column.width, 0);
    this.tableElement.style.width = `max(100%, ${total}px)`;
    this.columnWidths.replaceChildren(...this.shown.map(column => element('col', {style: `width:${column.width}px`})));
    const name = column => {
      const sorted = this.sort.key === column.key;
      const mark = sorted ? (this.sort.down ? ' ↓' : ' ↑') : '';
      return element('th', {scope: 'col', title: column.key, 'data-key': column.key, 'aria-sort': sorted ? (this.sort.down ? 'descending' : 'ascending') : 'none'},
        column.removable ? element('button', {class: 'drop', 'aria-label': `remove ${column.title}`, onclick: () => this.remove(column.key)}, '×') : null,
        element('button', {onclick: () => this.sortBy(column.key)}, column.title + mark),
        element('small', {}, column.unit || ' '));
    };
    const field = column => {
      const input = element('input', {
        'data-key': column.key, 'aria-label': `filter ${column.title}`, placeholder: column.numeric ? '10..20' : 'text',
        oninput: event => { this.needles.set(column.key, event.target.value); this.filter(); },
      });
      input.value = this.needles.get(column.key) ?? '';
      return element('th', {}, input);
    };
    this.head.replaceChildren(element('tr', {class: 'names'}, this.shown.map(name)), element('tr', {class: 'fields'}, this.shown.map(field)));
  }

  sortBy(key) {
    this.sort = {key, down: this.sort.key === key && !this.sort.down};
    this.drawHead();
    this.head.querySelector(`th[data-key="${CSS.escape(key)}"] button:not(.drop)`)?.focus();
    this.filter();
  }

  filter() {
    const {sweep} = this;
    const tests = [];
    for (const [axis, value] of sweep.filters) tests.push(i => axis.index[i] === value);
    for (const column of this.shown) {
      const typed = (this.needles.get(column.key) ?? '').trim();
      const range = column.numeric && typed ? parseRange(typed) : null;
      this.head.querySelector(`input[data-key="${CSS.escape(column.key)}"]`).classList.toggle('wrong', Boolean(column.numeric && typed && !range));
      if (range) tests.push(i => range(column.value(i)));
      else if (typed && !column.numeric) tests.push(i => column.text(i).toLowerCase().includes(typed.toLowerCase()));
    }
    if (this.text) {
      const searched = this.shown.filter(column => !column.removable);
      tests.push(i => searched.some(column => column.text(i).toLowerCase().includes(this.text)) ||
                      this.messages.texts[this.messages.index[i]].toLowerCase().includes(this.text));
    }
    this.rows = [];
    for (let i = 0; i < sweep.count; i++) if (tests.every(test => test(i))) this.rows.push(i);
    const column = this.shown.find(one => one.key === this.sort.key);
    const sign = this.sort.down ? -1 : 1;
    const keys = new Float64Array(sweep.count);
    for (const i of this.rows) keys[i] = column.value(i);
    // What has no value comes last, whichever way.
    this.rows.sort((a, b) => Number.isNaN(keys[a]) || Number.isNaN(keys[b]) ?
      Number.isNaN(keys[a]) - Number.isNaN(keys[b]) || a - b : sign * (keys[a] - keys[b]) || a - b);
    this.count.textContent = `${this.rows.length.toLocaleString('en-US')} of ${plural(sweep.count, 'point')}`;
    this.tableElement.setAttribute('aria-rowcount', this.rows.length + 2);
    this.drawn = null;
    this.box.scrollTop = 0;
    this.draw();
  }

  draw() {
    const {sweep} = this;
    const extra = 8;
    // On paper all rows, on a screen those that are seen.
    const from = paper.printing ? 0 : Math.max(0, Math.floor(this.box.scrollTop / rowHeight) - extra);
    const to = paper.printing ? this.rows.length : Math.min(this.rows.length, from + Math.ceil(this.box.clientHeight / rowHeight) + 2 * extra);
    if (this.drawn === `${from} ${to}`) return;
    this.drawn = `${from} ${to}`;
    const focused = document.activeElement?.closest?.('tr[data-point]')?.dataset.row;
    if (!this.rows.length) {
      const why = sweep.filteredAway() || 'No point passes the fields above and the search.';
      this.body.replaceChildren(element('tr', {class: 'none'}, element('td', {colspan: this.shown.length}, why)));
      return;
    }
    const space = rows => element('tr', {class: 'space', 'aria-hidden': 'true'}, element('td', {colspan: this.shown.length, style: `height:${rows * rowHeight}px`}));
    const rows = this.rows.slice(from, to).map((point, k) => element('tr',
      {'data-point': point, 'data-row': from + k, tabindex: 0, 'aria-rowindex': from + k + 3, class: point === this.chosen ? 'chosen' : null},
      this.shown.map(column => {
        const text = column.text(point);
        return element('td', {class: column.numeric ? 'number' : text === 'failed' && column.key === 'state' ? 'failed' : null, title: text}, text);
      })));
    this.body.replaceChildren(space(from), ...rows, space(this.rows.length - to));
    if (focused !== undefined) this.body.querySelector(`tr[data-row="${focused}"]`)?.focus({preventScroll: true});
  }

  openRow(row) {
    if (!row) return;
    const point = Number(row.dataset.point);
    this.open(`Point ${this.sweep.number[point]}`, [point]);
  }

  key(event) {
    const row = event.target.closest('tr[data-point]');
    const step = {ArrowDown: 1, ArrowUp: -1, PageDown: 14, PageUp: -14}[event.key];
    if (event.key === 'Enter') this.openRow(row);
    if (!row || !step) return;
    event.preventDefault();
    const at = Math.min(this.rows.length - 1, Math.max(0, Number(row.dataset.row) + step));
    // Below the header that sticks, above the lower edge.
    const head = this.head.offsetHeight, top = at * rowHeight;
    if (top < this.box.scrollTop) this.box.scrollTop = top;
    if (top + rowHeight + head > this.box.scrollTop + this.box.clientHeight) this.box.scrollTop = top + rowHeight + head - this.box.clientHeight;
    this.draw();
    this.body.querySelector(`tr[data-row="${at}"]`)?.focus({preventScroll: true});
  }

  mark(point) {
    this.chosen = point;
    for (const row of this.body.querySelectorAll('tr[data-point]')) row.classList.toggle('chosen', Number(row.dataset.point) === point);
  }
}
