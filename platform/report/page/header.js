// What the sweep is, and which of its points are shown.

function drawHeader(sweep) {
  const {raw} = sweep;
  document.title = `${raw.name || 'sweep'} – Kilburn`;
  byId('name').textContent = raw.name || 'Unnamed sweep';
  const done = sweep.done.reduce((sum, one) => sum + one, 0), failed = sweep.count - done;
  const workloads = sweep.workload.shown.filter(text => text);
  const listed = workloads.slice(0, 8).join(', ') + (workloads.length > 8 ? `, and ${workloads.length - 8} more` : '');
  const facts = [
    ['points', `${done.toLocaleString('en-US')} done${Number(raw.planned) > sweep.count ? ` of ${Number(raw.planned).toLocaleString('en-US')}` : ''}`],
    ...failed ? [['failed', failed.toLocaleString('en-US'), 'failed']] : [],
    [workloads.length === 1 ? 'workload' : 'workloads', listed || '–'],
    ...sweep.seed.values.length > 1 ? [['seeds', String(sweep.seed.values.length)]] : [],
    ['Kilburn', raw.program || 'unknown'],
  ];
  byId('facts').replaceChildren(...facts.map(([term, text, kind]) =>
    element('div', {}, element('dt', {}, term), element('dd', {class: kind ?? null, title: text}, text))));
  const axes = [sweep.workload, ...sweep.seed.values.length > 1 ? [sweep.seed] : [], ...sweep.axes];
  byId('axes').replaceChildren(...axes.map(axis => element('tr', {},
    element('th', {scope: 'row'}, axis.path), element('td', {}, listValues(axis)), element('td', {}, axis.unit ?? ''))));
  byId('colophon').textContent = `${raw.count.toLocaleString('en-US')} points, one file, nothing fetched from anywhere.`;
}

function listValues(axis) {
  const values = axis.values.map(text => text || '–');
  const count = values.length;
  return count > 16 ? `${values.slice(0, 8).join(', ')}, … ${values.slice(-2).join(', ')} (${count} values)` : values.join(', ');
}

// One list for each axis; `changed` is called after each choice.
function drawFilters(sweep, changed) {
  const axes = sweep.allAxes().filter(axis => axis.kind !== 'dependent');
  const count = element('span', {class: 'count'});
  const update = () => { count.textContent = `${plural(sweep.shownPoints().length, 'point')} shown in the charts`; };
  const lists = axes.map(axis => select(axis.label, [{value: '', text: 'all'}, ...axis.shown.map((text, i) => ({value: String(i), text}))], '', value => {
    if (value === '') sweep.filters.delete(axis);
    else sweep.filters.set(axis, Number(value));
    update();
    changed();
  }));
  const nothing = axes.length ? [] : [element('span', {class: 'count'}, 'nothing varies')];
  byId('filters').replaceChildren(element('div', {class: 'wide'}, ...lists, ...nothing, count));
  update();
}
