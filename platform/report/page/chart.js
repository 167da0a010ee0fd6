// Vega within this page: colours of the theme, tooltips, clicks and keys.

const darkScheme = matchMedia('(prefers-color-scheme: dark)');
// Paper is white, and narrower than most screens.
const paper = {printing: false, width: 690};
const dark = {get matches() { return darkScheme.matches && !paper.printing; }};
// Below this a legend goes under its chart.
const narrow = 560;
const colour = name => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

const categories = () => dark.matches ?
  ['#7fb4f0', '#f2a65e', '#86cf8b', '#e98a99', '#6cc9c9', '#c3a1e6', '#e3cf6b', '#b59a86', '#a9b4bd', '#f0a9d0'] :
  ['#2f6db5', '#d9772b', '#3d9455', '#c9485b', '#2b9a9a', '#8560b8', '#b89a1e', '#8a6a52', '#6b7883', '#c4609a'];
// Few to many, both ends far enough from the ground.
const ramp = () => dark.matches ? ['#33506f', '#5f97b8', '#a8d8c0', '#f6f3c2'] : ['#a6cbe0', '#62a3c6', '#2d6ca4', '#152f61'];
const missClasses = () => dark.matches ? ['#6f9fd8', '#f0b35f', '#d9788a'] : ['#3a6ea8', '#e39a3b', '#b8485e'];

function theme() {
  const ink = colour('ink'), quiet = colour('quiet');
  const font = 'system-ui, -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif';
  return {
    background: null,
    axis: {
      labelColor: quiet, titleColor: ink, gridColor: colour('grid'), domainColor: colour('line'),
      tickColor: colour('line'), labelFont: font, titleFont: font, labelFontSize: 12, titleFontSize: 13,
      titleFontWeight: 500, titlePadding: 10, labelPadding: 6, ticks: false, labelOverlap: true,
    },
    legend: {
      labelColor: ink, titleColor: quiet, labelFont: font, titleFont: font, labelFontSize: 12,
      titleFontSize: 12, titleFontWeight: 400, labelLimit: 180, titleLimit: 180, symbolType: 'circle',
    },
    text: {font, fill: ink},
  };
}

vega.expressionFunction('short', short);

// How an axis writes its numbers.
const numberLabels = unit => ({labels: {update: {text: {signal: `short(datum.value, ${JSON.stringify(unit)})`}}}});

// A title in lines that fit beside a chart.
function lines(text, width = 22) {
  return text.split(' ').reduce((all, word) => {
    const longer = `${all.at(-1)} ${word}`;
    if (!all.length || longer.length > width) all.push(word);
    else all[all.length - 1] = longer;
    return all;
  }, []);
}

class Chart {
  // `described` is said to those who do not see the chart; `clicked` gets a datum.
  constructor(container, described, clicked) {
    this.container = container;
    this.described = described;
    this.clicked = clicked;
    container.addEventListener('keydown', event => this.key(event));
    container.addEventListener('blur', () => { this.focus(-1); hideTooltip(); });
    new ResizeObserver(() => this.resize()).observe(container);
  }

  width() { return paper.printing ? paper.width : Math.max(240, this.container.clientWidth); }

  // `specify` makes a specification for a width; `stops` are the data that arrow keys step through,
  // in this order; `signal` focused is one's id.
  draw(specify, stops, tooltip) {
    this.drawing = {specify, stops, tooltip};
    this.redraw();
  }

  redraw() {
    if (!this.drawing) return;
    const {specify, stops, tooltip} = this.drawing;
    this.wipe();
    this.stops = stops;
    this.tooltip = tooltip;
    this.drawnWidth = this.width();
    const spec = specify(this.drawnWidth);
    this.container.tabIndex = 0;
    this.container.setAttribute('role', 'application');
    this.container.setAttribute('aria-label',
      `${this.described} Arrow keys step through it, Enter opens a point.`);
    const place = this.container.appendChild(element('div'));
    this.view = new vega.View(vega.parse({...spec, padding: 6, autosize: {type: 'fit', contains: 'padding'}, width: this.drawnWidth}, theme()), {
      container: place, renderer: 'canvas', hover: true, logLevel: vega.Warn,
      tooltip: (handler, event, item, value) => value ? showTooltip(event, tooltip(item.datum)) : hideTooltip(),
    });
    this.view.addEventListener('click', (event, item) => {
      if (item?.datum?.points) this.clicked(item.datum);
    });
    this.view.run();
  }

  empty(text) {
    this.drawing = null;
    this.wipe();
    this.container.append(element('p', {class: 'empty'}, text));
  }

  wipe() {
    this.view?.finalize();
    this.view = null;
    this.stops = [];
    this.at = -1;
    hideTooltip();
    this.container.replaceChildren();
    for (const name of ['tabindex', 'role', 'aria-label']) this.container.removeAttribute(name);
  }

  resize() {
    if (!this.view || this.width() === this.drawnWidth) return;
    // Where the legend changes its place, the chart is another.
    if ((this.width() < narrow) !== (this.drawnWidth < narrow)) {
      this.redraw();
      return;
    }
    this.drawnWidth = this.width();
    this.view.width(this.drawnWidth).run();
  }

  focus(at) {
    if (!this.view || at === this.at) return;
    this.at = at;
    this.view.signal('focused', at < 0 ? -1 : this.stops[at].id).run();
  }

  key(event) {
    const step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key];
    if (step && this.stops.length) {
      event.preventDefault();
      this.focus(Math.min(this.stops.length - 1, Math.max(0, this.at + step)));
      const {title, rows} = this.tooltip(this.stops[this.at]);
      say([title, ...rows.map(row => row.join(' '))].join(', '));
    } else if ((event.key === 'Enter' || event.key === ' ') && this.at >= 0) {
      event.preventDefault();
      this.clicked(this.stops[this.at]);
    }
  }
}

// {title, rows: [name, value]} beside the pointer.
function showTooltip(event, {title, rows}) {
  const box = byId('tooltip');
  box.replaceChildren(element('p', {}, title), element('table', {},
    rows.map(([name, value]) => element('tr', {}, element('th', {}, name), element('td', {}, value)))));
  box.hidden = false;
  const {width, height} = box.getBoundingClientRect();
  box.style.left = `${Math.max(4, Math.min(event.clientX + 14, innerWidth - width - 8))}px`;
  box.style.top = `${event.clientY + height + 20 > innerHeight ? event.clientY - height - 10 : event.clientY + 14}px`;
}

function hideTooltip() { byId('tooltip').hidden = true; }
