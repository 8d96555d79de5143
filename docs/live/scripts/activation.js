'use strict';

// The curves of one function with a point and the tangent there; below it, all functions at the
// same x, as text.
live.define('activation', {
  charts: true,

  build(view) {
    view.chart = new live.LineChart('A function, its derivative, and a point on both. The table has '
        + 'the numbers.', {x: 'x', y: 'y'});
    Object.assign(view.chart.chart.options.scales.x, {min: -6, max: 6});
    view.rows = view.figure.text('names').split('\n').map((name) => live.element('tr', {},
        live.element('th', {scope: 'row'}, name), live.element('td'), live.element('td')));
    const heads = ['function', 'f(x)', 'f′(x)'].map((words) => live.element('th', {scope: 'col'}, words));
    view.stage.append(view.chart.element, live.element('table', {class: 'live-functions'},
                                                       live.element('tr', {}, ...heads), ...view.rows));
  },

  draw(view) {
    const {figure} = view;
    const chosen = figure.settings.get('function')[0];
    const [x, y, slope] = figure.values('point').numbers;
    const [x1, y1, x2, y2] = figure.values('tangent').numbers;
    const xs = Array.from(figure.values('x').numbers);
    const bounded = chosen >= 2;  // sigmoid and tanh
    Object.assign(view.chart.chart.options.scales.y,
                  bounded ? {min: -1.2, max: 1.2} : {min: -2, max: 6.5});
    view.chart.chart.options.scales.y.ticks.includeBounds = false;
    view.chart.show([
      {name: 'f(x)', x: xs, y: figure.values('f').numbers},
      {name: 'f′(x)', x: xs, y: figure.values('slope').numbers},
      {name: 'tangent', x: [x1, x2], y: [y1, y2]},
      {name: 'at x', x: [x, x], y: [y, slope], points: true},
    ]);
    const values = figure.text('values').split('\n');
    const slopes = figure.text('slopes').split('\n');
    view.rows.forEach((row, i) => {
      view.write(row.cells[1], values[i]);
      view.write(row.cells[2], slopes[i]);
      row.classList.toggle('live-chosen', i === chosen);
    });
  },
});
