// The chart of cost and benefit as Vega draws it.

function paretoSpec(data, front, options, width) {
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
      {orient: 'bottom', scale: 'x', grid: true, title: lines(`${x.name}   ← less is better`, (width - 60) / 7.4), encode: numberLabels(x.unit), tickCount: Math.min(8, Math.floor(width / 70))},
      {orient: 'left', scale: 'y', grid: true, title: lines(`${y.name}   ${higher ? 'more is better →' : '← less is better'}`, 54), encode: numberLabels(y.unit), tickCount: 6},
    ],
    legends: keys.values.length > 1 ? [{
      fill: 'colour', title: lines(keys.title), encode: {symbols: {update: {stroke: {value: null}}}},
      ...width < narrow ? {orient: 'bottom', direction: 'horizontal', columns: Math.max(1, Math.floor(width / 110))} : {},
    }] : [],
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
          // Estimated: hollow; beyond what was synthesised: an open diamond.
          shape: [{test: 'datum.beyond', value: 'diamond'}, {value: 'circle'}],
          size: [{test: 'datum.id === focused', value: 190}, {test: 'datum.front', value: 95}, {test: 'datum.beyond', value: 80}, {value: data.length > 300 ? 34 : 52}],
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
