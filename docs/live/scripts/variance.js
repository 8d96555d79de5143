'use strict';

// Two charts over the layers, a table as in the chapter, and a small histogram for each layer.
live.define('variance', {
  charts: true,
  places: ['start'],  // right above the pictures that it changes

  build(view) {
    const chart = (words, y) => new live.LineChart(
        words, {x: 'layer', y, logY: true, from: 1e-6, to: 1e6});
    view.forward = chart('The size of the signal after each layer', 'size of the signal');
    view.backward = chart('The size of the message before each layer', 'size of the message');
    view.table = live.element('table', {class: 'live-sizes'});
    view.layers = live.element('div', {class: 'live-layers'});
    view.stage.append(
        live.element('div', {class: 'live-pair'}, view.forward.element, view.backward.element),
        live.element('div', {class: 'live-wide', tabindex: 0, role: 'region', 'aria-label': 'sizes'},
                     view.table),
        view.input('start'), view.summary, view.layers);
  },

  draw(view) {
    const {figure} = view;
    const rows = figure.text('table').split('\n').map((line) => line.split('\t'));
    const curves = (name) => {
      const {numbers, shape: [starts, places]} = figure.values(name);
      return Array.from({length: starts}, (_, i) => ({
        name: rows[i + 1][0], x: Array.from({length: places}, (__, j) => j),
        y: Array.from(numbers.slice(i * places, (i + 1) * places), (size) => size || NaN),
      })).slice(1);  // a logarithmic axis has no place for zeros
    };
    view.forward.show(curves('forward'));
    view.backward.show(curves('backward'));
    this.fill(view, rows);
    this.histograms(view);
  },

  /// The table; new cells only if there are more or fewer layers.
  fill(view, rows) {
    if (view.table.rows[0]?.cells.length !== rows[0].length) {
      view.table.replaceChildren(...rows.map((cells, i) => live.element(
          'tr', {}, ...cells.map((words, j) => (
              i && j ? live.element('td', {}, words)
                     : live.element('th', {scope: i ? 'row' : 'col'}, words))))));
    }
    rows.forEach((cells, i) => cells.forEach((words, j) => view.write(view.table.rows[i].cells[j], words)));
  },

  /// Bars, where a fifth of the numbers fills the height.
  histograms(view) {
    const {numbers, shape: [layers, bars]} = view.figure.values('shares');
    const words = view.figure.text('layers').trimEnd().split('\n');
    view.layers.replaceChildren(...Array.from({length: layers}, (_, i) => {
      const picture = live.element('svg', {viewBox: `0 0 ${4 * bars} 50`, role: 'img',
                                           'aria-label': `histogram of ${words[i]}`});
      for (let j = 0; j < bars; ++j) {
        const height = Math.min(50, 250 * numbers[i * bars + j]);
        picture.append(live.element('rect', {x: 4 * j, y: 50 - height, width: 3.4, height}));
      }
      return live.element('figure', {}, picture, live.element('figcaption', {}, words[i]));
    }));
  },
});
