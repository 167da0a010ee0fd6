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

// Of {x, y}: those that none other is as good as in both and better in one. `higher`: more y is
// better; less x always is.
function paretoFront(data, higher) {
  const sign = higher ? -1 : 1;
  const sorted = [...data].sort((a, b) => a.x - b.x || sign * (a.y - b.y));
  const front = [];
  for (const one of sorted) {
    const last = front.at(-1);
    if (!last || sign * one.y < sign * last.y || (one.y === last.y && one.x === last.x)) front.push(one);
  }
  return front;
}
