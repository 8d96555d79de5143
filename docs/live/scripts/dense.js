'use strict';

// The weights are in a table with inputs, each above its product; next to it is the layer as a
// network, whose lines are the products. Pointing at an output, or moving to one of its inputs with
// the keyboard, shows the terms of its sum.
(() => {
  const subscripts = '₁₂₃₄';
  const [width, height, radius] = [320, 290, 23];
  const placeOfInput = (i) => [58, 75 + 70 * i];
  const placeOfOutput = (j) => [262, 40 + 70 * j];

  function buildTable(view, inputs, outputs) {
    const cell = (j, ...content) => live.element('td', {'data-output': j}, ...content);
    const columns = Array.from({length: outputs}, (unused, j) => j);
    view.products = [];
    view.totals = columns.map((j) => cell(j));
    const names = columns.map((j) => live.element('th', {scope: 'col', 'data-output': j},
        live.element('button', {type: 'button', 'aria-label': `show output ${j + 1}`},
                     `y${subscripts[j]}`)));
    const rows = [
      live.element('tr', {}, live.element('td'), ...names),
      live.element('tr', {}, live.element('th', {scope: 'row'}, 'b'),
                   ...columns.map((j) => cell(j, view.numberInput('b', j)))),
    ];
    for (let i = 0; i < inputs; ++i) {
      const products = columns.map(() => live.element('span'));
      view.products.push(...products);
      rows.push(live.element('tr', {},
          live.element('th', {scope: 'row'}, `x${subscripts[i]} `, view.numberInput('x', i)),
          ...columns.map((j) => cell(j, view.numberInput('w', i * outputs + j), products[j]))));
    }
    rows.push(live.element('tr', {class: 'live-total'}, live.element('th', {scope: 'row'}, 'y'),
                           ...view.totals));
    return live.element('table', {class: 'live-dense'}, ...rows);
  }

  function circle([x, y], name, side) {
    const value = live.element('text', {x, y, class: 'live-inside'});
    const group = live.element('g', {}, live.element('circle', {cx: x, cy: y, r: radius}), value,
        live.element('text', {x: x + side * (radius + 14), y, class: 'live-inside'}, name));
    return {group, value};
  }

  function buildNetwork(view, inputs, outputs) {
    view.inputs = Array.from({length: inputs}, (unused, i) =>
        circle(placeOfInput(i), `x${subscripts[i]}`, -1));
    view.outputs = Array.from({length: outputs}, (unused, j) =>
        circle(placeOfOutput(j), `y${subscripts[j]}`, 1));
    view.outputs.forEach(({group}, j) => group.setAttribute('data-output', j));
    view.lines = [];
    for (let i = 0; i < inputs; ++i) {
      for (let j = 0; j < outputs; ++j) {
        const [x1, y1] = placeOfInput(i);
        const [x2, y2] = placeOfOutput(j);
        view.lines.push(live.element('line', {x1: x1 + radius, y1, x2: x2 - radius, y2,
                                              'data-output': j}));
      }
    }
    return live.element('svg', {
      viewBox: `0 0 ${width} ${height}`, class: 'live-network', role: 'img',
      'aria-label': 'The layer as a network: a line from every input to every output, wider for a '
          + 'larger product.',
    }, ...view.lines, ...view.inputs.map(({group}) => group), ...view.outputs.map(({group}) => group));
  }

  /// Highlights one output, or none.
  function emphasise(view, output) {
    view.stage.classList.toggle('live-choosing', output !== undefined);
    for (const part of view.stage.querySelectorAll('[data-output]')) {
      part.classList.toggle('live-chosen', part.dataset.output === output);
    }
  }

  function listen(view) {
    const output = (event) => event.target.closest?.('[data-output]')?.dataset.output;
    for (const kind of ['pointerover', 'focusin', 'click']) {
      view.stage.addEventListener(kind, (event) => emphasise(view, output(event)));
    }
    const atFocus = () => emphasise(view, view.stage.contains(document.activeElement)
        ? document.activeElement.closest('[data-output]')?.dataset.output : undefined);
    view.stage.addEventListener('pointerleave', atFocus);
    view.stage.addEventListener('focusout', () => emphasise(view));
  }

  live.define('dense', {
    places: ['x', 'w', 'b'],

    build(view) {
      const {shape: [inputs, outputs]} = view.figure.values('products');
      view.sums = Array.from({length: outputs},
                             (unused, j) => live.element('li', {'data-output': j}));
      view.stage.append(
          live.element('div', {class: 'live-side-by-side'}, buildTable(view, inputs, outputs),
                       buildNetwork(view, inputs, outputs)),
          live.element('ol', {class: 'live-sums'}, ...view.sums),
          live.element('p', {class: 'live-helps'}, view.help('x'), ' ', view.help('w'), ' ',
                       view.help('b'), ' ', live.element('small', {},
              'Below each weight is its product with the input. In the drawing, the products are '
              + 'lines: blue ones add to an output, orange ones subtract, and larger ones are wider. '
              + 'Point at an output, or go to it with the keyboard, to see the terms of its sum.')));
      listen(view);
    },

    draw(view) {
      const words = (name) => view.figure.text(name).split('\n');
      const {numbers} = view.figure.values('products');
      const most = Math.max(...numbers.map(Math.abs), 1e-9);
      const sign = (product) => (product > 0 ? 'live-positive' : product < 0 ? 'live-negative' : 'live-zero');
      words('products').forEach((product, k) => {
        view.products[k].className = sign(numbers[k]);
        view.write(view.products[k], product);
        view.lines[k].setAttribute('class', `${sign(numbers[k])} ${
            view.lines[k].classList.contains('live-chosen') ? 'live-chosen' : ''}`);
        view.lines[k].setAttribute('stroke-width', 1 + 8 * Math.abs(numbers[k]) / most);
      });
      words('x').forEach((x, i) => { view.inputs[i].value.textContent = x; });
      words('y').forEach((y, j) => {
        view.write(view.totals[j], y);
        view.outputs[j].value.textContent = y;
      });
      words('sums').forEach((sum, j) => view.write(view.sums[j], sum));
    },
  });
})();
