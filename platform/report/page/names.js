// What statistics are called, and which of them one may choose.

const tlbNames = ['mmu.dtlb', 'mmu.itlb', 'mmu.l2tlb'];
const costNames = {
  storage_bits: 'storage bits', cam_bits: 'CAM bits', gates: 'gates of logic', flip_flops: 'flip-flops',
  gate_equivalents: 'gates plus storage',
};
const benefitNames = {
  mpki: 'misses per 1000 instructions', misses: 'misses', hit_rate: 'hit rate', reach_bytes: 'reach',
  'density.mean': 'live units per entry',
};
const platformNames = {
  'platform.cycles': 'cycles', 'platform.cycles_per_instruction': 'cycles per instruction',
  'platform.translation_stall_share': 'share of cycles waiting for translation',
};
const moreIsBetter = path => /\.(hit_rate|reach_bytes|density\.mean|survival_rate|units_per_fill)$/.test(path);
const isArea = path => /\.(gates|flip_flops|gate_equivalents)$/.test(path);

// "mmu.dtlb.mpki" is "dtlb: misses per 1000 instructions".
function statisticName(path) {
  if (platformNames[path]) return platformNames[path];
  const tlb = tlbNames.find(name => path.startsWith(`${name}.`));
  const what = tlb && path.slice(tlb.length + 1);
  const name = what && (costNames[what] ?? benefitNames[what]);
  return name ? `${shortPath(tlb)} ${name}` : shortPath(path);
}

// The same with what it counts and what it leaves out, for an axis.
function axisName(sweep, path) {
  const name = statisticName(path), {flip_flop, memory_bit} = sweep.weights;
  if (path.endsWith('.gates')) return `${name}, without flip-flops and the units' memory`;
  if (path.endsWith('.flip_flops')) return `${name}: tags and valid bits, without the units' memory`;
  if (path.endsWith('.gate_equivalents')) return `${name}: gates + ${flip_flop} × flip-flops + ${memory_bit} × bits of units' memory`;
  const unit = isArea(path) || /(bits|mpki)$/.test(path) ? '' : sweep.unit(path);
  return unit && unit !== name && !name.includes(unit) ? `${name} (${unit})` : name;
}

function costChoices(sweep) {
  const has = path => sweep.statistics.has(path);
  const choices = tlbNames.flatMap(tlb => Object.keys(costNames).map(what => `${tlb}.${what}`)).filter(has)
    .map(path => ({value: path, text: statisticName(path), group: 'size'}));
  for (const path of sweep.statistics.keys()) {
    if (/_bits$/.test(path) && !choices.some(choice => choice.value === path)) {
      choices.push({value: path, text: shortPath(path), group: 'size'});
    }
  }
  for (const axis of sweep.axes) {
    if (axis.numeric && axis.values.length > 1) choices.push({value: axis.path, text: axis.label, group: 'parameter'});
  }
  return choices;
}

// The statistics that one usually wants first, then whatever else varies.
function statisticChoices(sweep) {
  const first = [
    ...tlbNames.flatMap(tlb => Object.keys(benefitNames).map(what => `${tlb}.${what}`)), ...Object.keys(platformNames),
  ].filter(path => sweep.statistics.has(path));
  const rest = [...sweep.statistics.keys()].filter(path => !first.includes(path) && sweep.varies(path)).sort();
  return [...first.map(path => ({value: path, text: statisticName(path), group: 'usual'})),
          ...rest.map(path => ({value: path, text: shortPath(path), group: 'all that varies'}))];
}

const varyingFirst = (sweep, paths) => paths.find(path => sweep.statistics.has(path) && sweep.varies(path)) ?? paths.find(path => sweep.statistics.has(path));
