// Numbers and names as people read them.

const prefixes = [[1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k']];
const binaryPrefixes = [[2 ** 40, 'TiB'], [2 ** 30, 'GiB'], [2 ** 20, 'MiB'], [2 ** 10, 'KiB']];

const digits = value => String(Number(value.toPrecision(3)));

// Short, for axes and labels: 12.3k, 256 KiB.
function short(value, unit) {
  if (value == null || Number.isNaN(value)) return '–';
  const size = Math.abs(value);
  if (unit === 'bytes') {
    for (const [factor, name] of binaryPrefixes) {
      if (size >= factor) return `${digits(value / factor)} ${name}`;
    }
    return `${digits(value)} B`;
  }
  for (const [factor, name] of prefixes) if (size >= factor * 0.9995) return digits(value / factor) + name;
  return size !== 0 && size < 1e-3 ? value.toExponential(1) : digits(value);
}

// In full: 1,234,567 or 0.012345.
function exact(value) {
  if (value == null || Number.isNaN(value)) return '–';
  if (Number.isInteger(value)) return value.toLocaleString('en-US');
  return value.toLocaleString('en-US', {maximumSignificantDigits: 6});
}

function exactWithUnit(value, unit) {
  const text = unit === 'bytes' ? short(value, unit) : exact(value);
  return unit && unit !== 'bytes' && text !== '–' ? `${text} ${unit}` : text;
}

const percent = share => `${digits(100 * share)} %`;

// "mmu.dtlb.entries" is "dtlb.entries": most of what varies is the MMU's.
const shortPath = path => path.replace(/^mmu\./, '');

const fileName = path => path.replace(/^.*\//, '').replace(/\.ktrace$/, '');
const shortWorkload = workload => workload.split('+').map(fileName).join(' + ');

const plural = (count, word, words = `${word}s`) => `${count.toLocaleString('en-US')} ${count === 1 ? word : words}`;
