// The page on paper: charts as wide as a sheet, on white; all rows; what is folded, unfolded.

function preparePrinting(sweep, charts, table) {
  let opened = [];
  const redraw = () => {
    for (const {chart} of charts) chart.redraw();
    table.drawn = null;
    table.draw();
  };
  addEventListener('beforeprint', () => {
    paper.printing = true;
    document.documentElement.classList.add('printing');
    opened = [...document.querySelectorAll('header details:not([open])')];
    for (const fold of opened) fold.open = true;
    const chosen = [...sweep.filters].map(([axis, value]) => `${axis.label} ${axis.shown[value]}`);
    byId('printed_filters').textContent = chosen.length ? `Shown: ${chosen.join(', ')}.` : 'Shown: all points.';
    redraw();
  });
  addEventListener('afterprint', () => {
    paper.printing = false;
    document.documentElement.classList.remove('printing');
    for (const fold of opened) fold.open = false;
    redraw();
  });
}
