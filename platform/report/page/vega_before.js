const vega = (() => {
  const parts = {};
  // Two parts bear other names where they are asked for.
  const names = {'vega-selections': 'vega-selection'};
  const require = name => parts[names[name] ?? name];
  const define = (name, part) => {
    const module = {exports: {}};
    part(module.exports, module, require);
    parts[name] = module.exports;
  };
