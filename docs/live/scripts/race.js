'use strict';

// The valley from above: lines of equal cost, and the path of every walker, a dot for each step.
(() => {
  const [width, height] = [560, 300];
  const dashes = ['', '7 4', '2 3', '9 3 2 3'];
  const ticks = {x: [-4, -2, 0, 2], y: [-1, 0, 1]};
  const marks = ['M-5,0a5,5 0 1,0 10,0a5,5 0 1,0 -10,0', 'M-5,-5h10v10h-10z', 'M0,-6L6,5H-6z',
                 'M0,-7L6,0L0,7L-6,0z'];
  const farAway = 1e5;

  /// The pieces of a contour line in a square of the grid: between the edges that it crosses.
  function crossings(corners, level) {
    const points = [];
    for (let k = 0; k < 4; ++k) {
      const [x1, y1, a] = corners[k];
      const [x2, y2, b] = corners[(k + 1) % 4];
      if ((a < level) === (b < level)) continue;
      const t = (level - a) / (b - a);
      points.push(`${(x1 + t * (x2 - x1)).toFixed(1)},${(y1 + t * (y2 - y1)).toFixed(1)}`);
    }
    return points;
  }

  function contour({numbers, shape: [rows, columns]}, level) {
    let path = '';
    const corner = (i, j) => [width * j / (columns - 1), height * (1 - i / (rows - 1)),
                              numbers[i * columns + j]];
    for (let i = 0; i + 1 < rows; ++i) {
      for (let j = 0; j + 1 < columns; ++j) {
        const points = crossings([corner(i, j), corner(i, j + 1), corner(i + 1, j + 1),
                                  corner(i + 1, j)], level);
        if (points.length >= 2) path += `M${points[0]}L${points[1]}`;
      }
    }
    return path;
  }

  /// From a place in the valley to a place in the drawing.
  function scale(view) {
    const [left, right, low, high] = view.figure.values('area').numbers;
    const bound = (value) => Math.max(-farAway, Math.min(farAway, value)).toFixed(1);
    return (x, y) => [bound(width * (x - left) / (right - left)),
                      bound(height * (high - y) / (high - low))];
  }

  function drawTicks(view) {
    const place = scale(view);
    const label = (x, y, words, anchor) => live.element('text', {x, y, 'text-anchor': anchor}, words);
    return [...ticks.x.map((x) => label(place(x, 0)[0], height - 12, `x = ${live.withMinus(String(x))}`, 'middle')),
            ...ticks.y.map((y) => label(width - 8, place(0, y)[1], `y = ${live.withMinus(String(y))}`, 'end'))];
  }

  function drawPath(view, k, style) {
    const place = scale(view);
    const {numbers} = view.figure.values(`path ${k}`);
    const points = [];
    for (let i = 0; i < numbers.length; i += 2) points.push(place(numbers[i], numbers[i + 1]));
    const line = {class: 'live-path', style: `--series: var(--live-series-${style + 1})`};
    return live.element('g', line,
        live.element('polyline', {points: points.join(' '), 'stroke-dasharray': dashes[style]}),
        live.element('polyline', {class: 'live-last', points: points.slice(-2).join(' ')}),
        live.element('path', {class: 'live-dots', d: points.map(([x, y]) => `M${x},${y}h0`).join('')}),
        live.element('path', {class: 'live-mark', d: marks[style],
                              transform: `translate(${points[points.length - 1]})`}));
  }

  function legend(style) {
    return live.element('svg', {viewBox: '-24 -9 48 18', class: 'live-race-key', 'aria-hidden': 'true'},
        live.element('g', {class: 'live-path', style: `--series: var(--live-series-${style + 1})`},
            live.element('line', {x1: -24, y1: 0, x2: 24, y2: 0, 'stroke-dasharray': dashes[style]}),
            live.element('path', {class: 'live-mark', d: marks[style]})));
  }

  live.define('race', {
    opening: 40,
    pace: () => 25,

    build(view) {
      view.valley = live.element('g', {class: 'live-valley'});
      view.paths = live.element('g');
      view.table = live.element('table', {class: 'live-ranks'});
      view.stage.append(live.element('svg', {
        viewBox: `0 0 ${width} ${height}`, class: 'live-race', role: 'img',
        'aria-label': 'The valley from above, with the paths of the walkers. The table has the '
            + 'places and costs.'}, view.valley, view.paths), view.table);
    },

    draw(view) {
      const {figure} = view;
      const steepness = figure.settings.get('steepness')[0];
      if (view.steepness !== steepness) {
        const levels = Array.from(figure.values('levels').numbers);
        view.valley.replaceChildren(...levels.map((level) => live.element('path', {
          d: contour(figure.values('costs'), level)})), ...drawTicks(view));
        view.steepness = steepness;
      }
      const all = ['GradientDescent', 'Momentum', 'RMSProp', 'Adam'];
      const split = (name) => figure.text(name).split('\n').slice(0, -1);
      const [names, places, costs] = [split('names'), split('places'), split('costs')];
      const style = names.map((name) => all.indexOf(name));
      view.paths.replaceChildren(...names.map((unused, k) => drawPath(view, k, style[k])));
      const head = ['walker', '(x, y)', 'cost'].map((words) => live.element('th', {scope: 'col'}, words));
      view.table.replaceChildren(live.element('tr', {}, ...head), ...names.map((name, k) =>
          live.element('tr', {}, live.element('th', {scope: 'row'}, legend(style[k]), name),
                       live.element('td', {}, places[k]), live.element('td', {}, costs[k]))));
    },
  });
})();
