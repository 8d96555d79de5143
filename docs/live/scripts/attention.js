'use strict';

// Three places as a network whose lines are the attention weights, the same weights as a map, and all
// the numbers of one place. Pointing at a place, or going to it with the keyboard, chooses it.
(() => {
  const subscripts = '₁₂₃';
  const count = subscripts.length;
  const all = Array.from(subscripts, (unused, i) => i);
  const [width, height, radius] = [320, 210, 23];
  const level = (i) => 38 + 68 * i;

  function circle(x, y, name, side) {
    const value = live.element('text', {x, y, class: 'live-inside'});
    const group = live.element('g', {}, live.element('circle', {cx: x, cy: y, r: radius}), value,
        live.element('text', {x: x + side * (radius + 14), y}, name));
    return {group, value};
  }

  /// Inputs on the left, outputs on the right.
  function buildNetwork(view) {
    view.inputs = all.map((j) => circle(58, level(j), `x${subscripts[j]}`, -1));
    view.outputs = all.map((i) => circle(262, level(i), `o${subscripts[i]}`, 1));
    view.outputs.forEach(({group}, i) => group.setAttribute('data-place', i));
    view.lines = all.flatMap((i) => all.map((j) => live.element('line', {
      x1: 58 + radius, y1: level(j), x2: 262 - radius, y2: level(i), 'data-place': i})));
    return live.element('svg', {
      viewBox: `0 0 ${width} ${height}`, class: 'live-network live-choosing', role: 'img',
      'aria-label': 'Three inputs and three outputs: a line from every input to every output, wider for a '
          + 'larger weight.',
    }, ...view.lines, ...view.inputs.map(({group}) => group), ...view.outputs.map(({group}) => group));
  }

  function buildMap(view) {
    view.buttons = all.map((i) => live.element(
        'button', {type: 'button', 'aria-label': `show where place ${i + 1} looks`}, `place ${i + 1}`));
    view.cells = all.flatMap(() => all.map(() => live.element('td')));
    const head = (words) => live.element('th', {scope: 'col'}, words);
    return live.element('table', {class: 'live-map'},
        live.element('caption', {}, 'Attention weights: where each place looks'),
        live.element('tr', {}, live.element('td'), ...all.map((j) => head(`at ${j + 1}`))),
        ...all.map((i) => live.element('tr', {'data-place': i},
            live.element('th', {scope: 'row'}, view.buttons[i]),
            ...view.cells.slice(count * i, count * (i + 1)))));
  }

  /// A row for each quantity, a column for each place that is looked at.
  function buildTable(view) {
    const row = (...head) => {
      const cells = all.map(() => live.element('td'));
      return {cells, row: live.element('tr', {}, live.element('th', {scope: 'row'}, ...head), ...cells)};
    };
    view.table = {
      keys: row('key k'), scores: row('score s = q k'),
      powers: row('e', live.element('sup', {}, 's')), quotients: row('weight p'), values: row('value v')};
    view.bars = view.table.quotients.cells.map((cell) => {
      const [words, bar] = [live.element('span'), live.element('i')];
      cell.append(words, live.element('div', {}, bar));
      return {words, bar};
    });
    return live.element('table', {class: 'live-looking'},
        live.element('tr', {}, live.element('th', {scope: 'col'}, 'looks at'),
                     ...all.map((j) => live.element('th', {scope: 'col'}, `place ${j + 1}`))),
        ...Object.values(view.table).map((one) => one.row));
  }

  /// Chooses the place under the pointer or with the focus.
  function listen(view) {
    for (const kind of ['pointerover', 'focusin', 'click']) {
      view.stage.addEventListener(kind, (event) => {
        const found = event.target.closest?.('[data-place]');
        if (!found) return;
        const place = [Number(found.dataset.place) + 1];
        const settled = kind !== 'pointerover';  // on its way, a pointer does not change the address
        if (settled || view.figure.settings.get('place')[0] !== place[0]) view.change({place}, settled);
        if (!settled) view.redraw();
      });
    }
  }

  live.define('attention', {
    build(view) {
      [view.query, view.sum, view.output] = [0, 1, 2].map(() => live.element('p'));
      view.stage.append(
          live.element('div', {class: 'live-side-by-side'}, buildNetwork(view), buildMap(view)),
          view.query, buildTable(view), view.sum, view.output,
          live.element('p', {class: 'live-helps'}, live.element('small', {},
              'Point at an output or a row of the map, tap it, or go to a row with the keyboard, to see where '
              + 'that place looks. A line is as wide as its weight; blue ones add to the output, orange ones '
              + 'subtract, and gray ones add 0. In the map, a stronger blue is a larger weight.')));
      listen(view);
    },

    draw(view) {
      const {figure} = view;
      const words = (name) => figure.text(name).split('\n');
      const chosen = figure.settings.get('place')[0] - 1;
      const weights = figure.values('p').numbers;
      const values = figure.values('v').numbers;
      const [seen] = figure.values('seen').numbers;
      const sign = (value) => (value > 0 ? 'live-positive' : value < 0 ? 'live-negative' : 'live-zero');
      view.lines.forEach((line, n) => {
        line.setAttribute('stroke-width', 14 * weights[n]);
        line.setAttribute('class', `${sign(values[n % count])} ${
            Math.floor(n / count) === chosen ? 'live-chosen' : ''}`);
      });
      words('x').forEach((x, j) => { view.inputs[j].value.textContent = x; });
      words('outputs').forEach((output, i) => {
        view.outputs[i].value.textContent = output;
        view.outputs[i].group.classList.toggle('live-chosen', i === chosen);
        view.buttons[i].setAttribute('aria-pressed', i === chosen);
        view.buttons[i].closest('tr').classList.toggle('live-chosen', i === chosen);
      });
      words('weights').forEach((weight, n) => {
        view.write(view.cells[n], weight);
        view.cells[n].style.setProperty('--share', `${45 * weights[n]}%`);
        view.cells[n].classList.toggle('live-hidden', weights[n] === 0);
      });
      for (const [name, {cells}] of Object.entries(view.table)) {
        const texts = words(name);
        cells.forEach((cell, j) => {
          const hidden = j >= seen;
          cell.classList.toggle('live-hidden', hidden && !['keys', 'values'].includes(name));
          view.write(name === 'quotients' ? view.bars[j].words : cell, texts[j] ?? '–');
        });
      }
      view.bars.forEach(({bar}, j) => { bar.style.width = `${100 * weights[count * chosen + j]}%`; });
      for (const name of ['query', 'sum', 'output']) view.write(view[name], figure.text(name));
    },
  });
})();
