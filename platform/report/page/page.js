// Puts the page together.

async function start() {
  const sweep = await Sweep.load(JSON.parse(byId('data').textContent));
  drawHeader(sweep);
  let table = null;
  const details = new Details(sweep, point => table?.mark(point));
  const open = (title, points) => details.open(title, points);
  // The weights of an area are in all charts and the table.
  const weighted = () => Promise.all([...charts.map(chart => chart.update()), table.update()]);
  const charts = [new Pareto(sweep, open, weighted), new HeatMap(sweep, open), new Stacks(sweep, open)];
  table = new PointTable(sweep, open);
  const nothing = !sweep.done.some(one => one);
  if (nothing) {
    byId('nothing').hidden = false;
    byId('nothing').textContent = sweep.count ?
      'No point of this sweep has finished: there is nothing to draw. The table below says why each failed.' :
      'This sweep has no points yet.';
    for (const id of ['pareto', 'heat_map', 'stacks']) byId(id).hidden = true;
  }
  const update = () => Promise.all([...nothing ? [] : charts.map(chart => chart.update()), table.update()]);
  drawFilters(sweep, update);
  darkScheme.addEventListener('change', update);
  preparePrinting(sweep, charts, table);
  await update();
  const [pareto, heatMap, stacks] = charts;
  return {sweep, pareto, heatMap, stacks, table, details};
}

// Those who test or script the page find its parts here.
window.kilburn = start().catch(error => {
  byId('nothing').hidden = false;
  byId('nothing').textContent = `This browser cannot show the page: ${error.message}. It needs DecompressionStream (2023 or later).`;
  throw error;
}).finally(() => document.documentElement.classList.remove('loading'));
