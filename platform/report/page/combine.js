// Points that differ only in workload and seed, taken together.

// Mean of `values`, or their geometric mean; NaN where one is missing.
function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
function geometricMean(values) {
  if (values.some(value => value < 0)) return NaN;
  return Math.exp(mean(values.map(Math.log)));
}

// Of any number of values: Math.min takes them as arguments, and too many overflow the stack.
const least = values => values.reduce((low, value) => Math.min(low, value), Infinity);
const most = values => values.reduce((high, value) => Math.max(high, value), -Infinity);

// Groups of points with equal values of `axes`: [{points, values}], in the order of the space.
function groupBy(points, axes) {
  const groups = new Map();
  for (const point of points) {
    const key = axes.map(axis => axis.index[point]).join();
    const group = groups.get(key);
    if (group) group.points.push(point);
    else groups.set(key, {points: [point], values: axes.map(axis => axis.index[point])});
  }
  return [...groups.values()];
}

// One value of a configuration: seeds by their mean, then workloads by the geometric mean.
function overWorkloads(sweep, points, column) {
  if (points.length === 1) return column[points[0]];
  const workloads = groupBy(points, [sweep.workload]);
  const means = workloads.map(group => mean(group.points.map(point => column[point])));
  return means.length === 1 ? means[0] : geometricMean(means);
}

// In words, for titles: "entries 64, units_per_tag 8".
function describe(axes, point) {
  return axes.map(axis => `${axis.label} ${axis.shown[axis.index[point]]}`).join(', ');
}

// The Pareto front of {x, y}, from the cheapest on. `higher`: more y is better; less x always is.
// Costs within the share `tolerance` of each other count as equal: off the front is what something
// on it beats in y at an equal cost or less. With 0 that is the front as it is usually defined.
function paretoFront(data, higher, tolerance = 0) {
  const sign = higher ? -1 : 1;
  const bestFirst = [...data].sort((a, b) => sign * (a.y - b.y) || a.x - b.x);
  const front = [];
  for (const one of bestFirst) {
    const last = front.at(-1);  // the cheapest so far: all on the front are at least as good in y
    const equal = last && one.y === last.y && one.x === last.x;
    if (!last || equal || last.x > one.x + tolerance * Math.abs(one.x)) front.push(one);
  }
  return front.reverse();
}

// The knee of a front (at least four marks, by cost): the mark furthest from the straight line between its ends
// as the chart draws it; null where none is far. `x`, `y`: how the chart scales values.
function kneeOf(front, x, y) {
  if (front.length < 4) return null;
  const [first, last] = [front[0], front.at(-1)];
  const across = one => (x(one.x) - x(first.x)) / (x(last.x) - x(first.x));
  const up = one => (y(one.y) - y(first.y)) / (y(last.y) - y(first.y));
  const gains = front.map(one => up(one) - across(one));
  const best = gains.indexOf(most(gains));
  const clear = 0.15;  // of the chart's width: less is a straight line
  return gains[best] > clear ? front[best] : null;
}
