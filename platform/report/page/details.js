// The panel of what was clicked: command, what varies, statistics.

// A TOML text with other values put into it: {"mmu.dtlb.entries": "64"}.
function withValues(toml, values) {
  const left = new Map(values.map(([path, value]) => [path, tomlValue(value)]));
  const lines = [];
  let block = '';
  const endBlock = () => {
    for (const [path, value] of left) {
      if (path.replace(/\.?[^.]*$/, '') !== block) continue;
      let at = lines.length;
      while (at > 0 && lines[at - 1].trim() === '') at--;
      lines.splice(at, 0, `${path.slice(block ? block.length + 1 : 0)} = ${value}`);
      left.delete(path);
    }
  };
  for (const line of toml.split('\n')) {
    const header = line.match(/^\s*\[\s*([\w.-]+)\s*\]/);
    const assignment = line.match(/^\s*([\w.-]+)\s*=/);
    if (header) {
      endBlock();
      block = header[1];
    }
    const path = assignment && (block ? `${block}.${assignment[1]}` : assignment[1]);
    if (path && left.has(path)) {
      lines.push(`${assignment[1]} = ${left.get(path)}`);
      left.delete(path);
    } else {
      lines.push(line);
    }
  }
  endBlock();
  const blocks = new Map();
  for (const [path, value] of left) {
    const name = path.replace(/\.?[^.]*$/, '');
    blocks.set(name, [...blocks.get(name) ?? [`\n[${name}]`], `${path.slice(name.length + 1)} = ${value}`]);
  }
  return [...lines, ...[...blocks.values()].flat()].join('\n').trim() + '\n';
}

function tomlValue(text) {
  if (/^(true|false|[-+]?[\d_]+(\.\d+)?(e[-+]?\d+)?)$/i.test(text) || /^["'[]/.test(text)) return text;
  return JSON.stringify(text);
}

class Details {
  constructor(sweep, marked) {
    this.sweep = sweep;
    this.marked = marked;
    this.box = byId('details');
    document.addEventListener('keydown', event => { if (event.key === 'Escape' && !this.box.hidden) this.close(); });
  }

  // `points`: those behind what was clicked; the first is shown, a list chooses another.
  async open(title, points) {
    if (this.box.hidden) this.before = document.activeElement;
    await this.show(title, points, points[0]);
    this.box.hidden = false;
    this.box.scrollTop = 0;
    this.box.focus();
  }

  close() {
    this.box.hidden = true;
    this.marked(-1);
    this.before?.focus?.({preventScroll: true});
  }

  async show(title, points, point) {
    const {sweep} = this;
    const [command, message, key, engine] = await Promise.all(
      ['command', 'message', 'key', 'engine'].map(async name => {
        const column = await sweep.texts(name);
        return column.texts[column.index[point]];
      }));
    const statistics = sweep.done[point] ? await this.statistics(point) : null;
    this.marked(point);
    const name = i => `${sweep.number[i]}: ${sweep.workload.shown[sweep.workload.index[i]]}${sweep.seed.values[sweep.seed.index[i]] ? `, seed ${sweep.seed.values[sweep.seed.index[i]]}` : ''}`;
    const choose = points.length > 1 ? [select(`one of ${points.length} points`, points.map(i => ({value: String(i), text: name(i)})), String(point),
      value => this.show(title, points, Number(value)))] : [];
    this.box.replaceChildren(
      element('div', {class: 'top'}, element('h2', {}, title), element('button', {onclick: () => this.close(), 'aria-label': 'close'}, 'Close')),
      ...choose,
      ...sweep.done[point] ? [] : [element('h3', {class: 'failed'}, 'This point failed'), element('pre', {class: 'message'}, message || 'no message')],
      element('h3', {}, 'Command, in the folder of the space'), element('pre', {class: 'command'}, command), copyButton(command, 'Copy command'),
      element('h3', {}, 'What varies'), this.varying(point),
      ...statistics ?? [],
      element('h3', {}, 'Configuration'), this.configuration(point),
      element('p', {class: 'caption'}, `Point ${sweep.number[point]}, engine ${engine || 'unknown'}, key `, element('code', {}, key)));
  }

  varying(point) {
    const {sweep} = this;
    const rows = [['workload', sweep.workload.values[sweep.workload.index[point]], '']];
    if (sweep.seed.values[sweep.seed.index[point]]) rows.push(['seed', sweep.seed.values[sweep.seed.index[point]], '']);
    for (const axis of sweep.axes) rows.push([axis.path, axis.values[axis.index[point]], axis.unit]);
    return element('table', {class: 'plain'}, rows.map(([path, value, unit]) =>
      element('tr', {}, element('th', {scope: 'row'}, path), element('td', {}, value || '–', unit ? ` ${unit}` : ''))));
  }

  configuration(point) {
    const {sweep} = this;
    const pre = element('pre', {class: 'long'});
    const fold = element('details', {class: 'configuration'}, element('summary', {}, 'all of it, as TOML'), pre);
    fold.addEventListener('toggle', () => {
      const values = sweep.axes.filter(axis => axis.kind === 'parameter' || axis.kind === 'dependent').map(axis => [axis.path, axis.values[axis.index[point]]]);
      const text = withValues(sweep.raw.configuration, values.filter(([, value]) => value !== ''));
      pre.textContent = text;
      if (!fold.querySelector('button')) fold.append(copyButton(text, 'Copy configuration'));
    });
    return fold;
  }

  // First what one usually wants, then the rest folded, those that are zero last of all.
  async statistics(point) {
    const {sweep} = this;
    const paths = [...sweep.statistics.keys()];
    const values = new Map(await Promise.all(paths.map(async path => [path, (await sweep.column(path))[point]])));
    const row = path => {
      const source = sweep.areaSource(path, point);
      return element('tr', {}, element('th', {scope: 'row', title: path}, shortPath(path)),
        element('td', {class: 'number'}, exact(values.get(path))),
        element('td', {}, sweep.unit(path), source ? element('span', {class: source.startsWith('estimated') ? 'estimated' : null}, ` ${source}`) : null));
    };
    const usual = statisticChoices(sweep).filter(choice => choice.group === 'usual').map(choice => choice.value);
    const sizes = paths.filter(path => /(_bits|\.gates|\.flip_flops|\.gate_equivalents)$/.test(path));
    const first = [...sizes, ...usual].filter(path => Number.isFinite(values.get(path)));
    const rest = paths.filter(path => !first.includes(path) && !Number.isNaN(values.get(path)));
    const counted = rest.filter(path => values.get(path) !== 0), zero = rest.filter(path => values.get(path) === 0);
    const fold = (title, list) => list.length ? [element('details', {}, element('summary', {}, title), element('table', {class: 'plain'}, list.map(row)))] : [];
    return [element('h3', {}, 'Statistics'), element('table', {class: 'plain'}, first.map(row)),
            ...fold(`${counted.length} more`, counted), ...fold(`${zero.length} that are zero`, zero)];
  }
}

function copyButton(text, label) {
  return element('button', {onclick: async event => {
    const button = event.target;
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = 'Copied';
    } catch {
      // Some browsers refuse where a page is a local file: mark it, so that one key copies it.
      getSelection().selectAllChildren(button.previousElementSibling);
      button.textContent = 'Marked: copy with the keyboard';
    }
    setTimeout(() => { button.textContent = label; }, 1600);
  }}, label);
}
