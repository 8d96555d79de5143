'use strict';

// The roofs of the L1 cache and of memory, and the tile under the chosen one.
live.define('roofline', {
  charts: true,

  build(view) {
    view.chart = new live.LineChart(
        'The roofline: speed against arithmetic intensity, and the tile on it',
        {x: 'FLOP per byte', y: 'GFLOP/s', logX: true, logY: true, from: 1, to: 1000});
    Object.assign(view.chart.chart.options.scales.x, {min: 1 / 16, max: 16});
    view.stage.append(view.chart.element);
  },

  draw(view) {
    const pairs = (name) => {
      const list = Array.from(view.figure.values(name).numbers);
      return {x: list.filter((_, i) => i % 2 === 0), y: list.filter((_, i) => i % 2 === 1)};
    };
    view.chart.show([{name: 'L1 cache', ...pairs('cache roof')},
                     {name: 'memory', ...pairs('memory roof')},
                     {name: 'tile', ...pairs('tile'), points: true}]);
  },
});
