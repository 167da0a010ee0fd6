// What is said about areas: where they come from, how far estimates are off.

function areaSentence(sweep, path, data) {
  const beyond = data.filter(one => one.beyond).length;
  const hollow = data.filter(one => one.estimated && !one.beyond).length;
  const parts = [`Filled marks (${data.length - hollow - beyond}) were synthesised. `];
  if (hollow) parts.push(`Hollow circles (${hollow}) are estimated, between synthesised geometries or from one with another replacement. `, errorSentence(sweep, path));
  if (beyond) {
    parts.push(element('strong', {class: 'beyond'}, `${plural(beyond, 'open diamond')} ${beyond === 1 ? 'lies' : 'lie'} beyond the synthesised geometries: `),
      'only the RTL\'s structure says their area, no error is known for it, and the front leaves them out. "kilburn sweep area" with more minutes brings them in. ');
  }
  return element('span', {}, parts);
}

// Of estimates between synthesised geometries only: nothing is known of others.
function errorSentence(sweep, path) {
  const measures = path.endsWith('.gate_equivalents') ? ['gates', 'flip_flops'] : [path.replace(/^.*\./, '')];
  const fits = measures.map(measure => sweep.raw.area.fits.find(one => one.measure === measure)).filter(fit => fit);
  if (!fits.length) return '';
  const {geometries, tested} = fits[0];
  const all = plural(geometries, 'synthesised geometry', 'synthesised geometries');
  if (!tested) return `How far these are off is not known: none of ${all} lies between the others. `;
  const off = fits.map(fit => `their ${fit.measure.replace('_', '-')} are off by ${percent(fit.mean)} on average, ${percent(fit.worst)} at worst`);
  return `Of ${all} ${tested} ${tested === 1 ? 'lies' : 'lie'} between the others; estimated from those, ${off.join('; ')}. `;
}
