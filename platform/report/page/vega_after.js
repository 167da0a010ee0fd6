  Object.assign(parts['vega-dataflow'].transforms, parts['vega-transforms'],
                parts['vega-view-transforms'], parts['vega-encode']);
  return {
    View: parts['vega-view'].View,
    Warn: parts['vega-util'].Warn,
    parse: parts['vega-parser'].parse,
    expressionFunction: parts['vega-functions'].expressionFunction,
  };
})();
