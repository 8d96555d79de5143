'use strict';

// The network as a drawing, and its twelve formulas as a list; the last step is highlighted in both.
// Forward values are in the circles, backward values below them.
(() => {
  const [width, height, radius] = [432, 258, 20];
  const places = {
    x1: [32, 70], x2: [32, 215], s1: [142, 70], s2: [142, 215],
    h1: [250, 70], h2: [250, 215], y: [332, 142], C: [405, 142],
  };
  const names = {x1: 'x₁', x2: 'x₂', s1: 'sum 1', s2: 'sum 2', h1: 'hidden 1', h2: 'hidden 2',
                 y: 'output', C: 'cost'};
  // From, to, and the place of the weight: the fraction of the way, and the distance from the line.
  const edges = {
    w11: ['x1', 's1', 0.5, [0, -9]], w12: ['x1', 's2', 0.27, [20, -2]],
    w21: ['x2', 's1', 0.27, [20, -11]], w22: ['x2', 's2', 0.5, [0, -9]],
    r1: ['s1', 'h1', 0.5, [0, -9]], r2: ['s2', 'h2', 0.5, [0, -9]],
    v1: ['h1', 'y', 0.4, [14, -10]], v2: ['h2', 'y', 0.4, [14, 12]], c: ['y', 'C', 0.5, [0, -9]],
  };
  // The place of a weight's gradient, relative to the weight.
  const aside = {w11: [0, 18], w12: [0, 13], w21: [0, 13], w22: [0, 18], v1: [0, -13], v2: [0, 13]};

  // Where each formula's result is drawn: numbers in circles, messages below them, gradients at
  // weights and biases; and the lines to highlight.
  const steps = [
    {inside: ['s1', 's2'], lines: ['w11', 'w12', 'w21', 'w22']},
    {inside: ['h1', 'h2'], lines: ['r1', 'r2']},
    {inside: ['y'], lines: ['v1', 'v2']},
    {inside: ['C'], lines: ['c']},
    {below: ['y'], lines: ['c']},
    {gradient: ['v1', 'v2'], lines: ['v1', 'v2']},
    {bias: ['y']},
    {below: ['h1', 'h2'], lines: ['v1', 'v2']},
    {below: ['s1', 's2'], lines: ['r1', 'r2']},
    {gradient: ['w11', 'w12', 'w21', 'w22'], lines: ['w11', 'w12', 'w21', 'w22']},
    {bias: ['s1', 's2']},
    {below: ['x1', 'x2'], lines: ['w11', 'w12', 'w21', 'w22']},
  ];

  const words = (x, y, className, text = '') =>
    live.element('text', {x, y, class: className}, text);

  function buildNode(view, name) {
    const [x, y] = places[name];
    const node = {
      circle: live.element('circle', {cx: x, cy: y, r: radius}),
      inside: words(x, y, 'live-forward'),
      below: words(x, y + radius + 11, 'live-backward'),
      bias: words(x + 38, y - radius - 9, 'live-backward live-aside'),
      biasValue: words(x - 10, y - radius - 9, 'live-forward live-aside'),
    };
    node.name = ['s1', 's2', 'y'].includes(name)
        ? words(x - 10, y - radius - 23, 'live-aside', names[name])
        : words(x, name === 'C' ? y + radius + 11 : y - radius - 10, '', names[name]);
    view.nodes[name] = node;
    return Object.values(node);
  }

  function buildEdge(view, name) {
    const [from, to, part, [right, down]] = edges[name];
    const [x1, y1] = places[from];
    const [x2, y2] = places[to];
    const share = radius / Math.hypot(x2 - x1, y2 - y1);
    const at = (t) => [x1 + t * (x2 - x1), y1 + t * (y2 - y1)];
    const [[ax, ay], [bx, by], [mx, my]] = [at(share), at(1 - share), at(part)];
    const [dx, dy] = aside[name] ?? [0, 0];
    const edge = {
      line: live.element('line', {x1: ax, y1: ay, x2: bx, y2: by}),
      value: words(mx + right, my + down, 'live-forward', name.startsWith('r') ? 'ReLU' : ''),
      gradient: words(mx + right + dx, my + down + dy, 'live-backward'),
    };
    view.edges[name] = edge;
    return Object.values(edge);
  }

  /// Fills in the results of the steps so far and highlights the last one.
  function fill(view) {
    const {figure, nodes, edges: lines} = view;
    const split = (name) => figure.text(name).split('\n');
    [nodes.x1, nodes.x2].forEach(({inside}, i) => { inside.textContent = split('x')[i]; });
    ['w11', 'w12', 'w21', 'w22', 'v1', 'v2'].forEach((name, i) => {
      lines[name].value.textContent = split('weights')[i];
    });
    ['s1', 's2', 'y'].forEach((name, i) => {
      nodes[name].biasValue.textContent = `+ ${split('biases')[i]}`;
    });
    for (const part of view.drawing.querySelectorAll('.live-current')) {
      part.classList.remove('live-current');
    }
    steps.forEach((step, k) => {
      const results = split(`result ${k}`);
      const targets = [...(step.inside ?? []).map((name) => nodes[name].inside),
                       ...(step.below ?? []).map((name) => nodes[name].below),
                       ...(step.bias ?? []).map((name) => nodes[name].bias),
                       ...(step.gradient ?? []).map((name) => lines[name].gradient)];
      targets.forEach((target, i) => { target.textContent = results[i] ?? ''; });
      if (k !== figure.steps - 1) return;
      for (const target of targets) target.classList.add('live-current');
      for (const name of step.lines ?? []) lines[name].line.classList.add('live-current');
      for (const name of step.inside ?? step.below ?? step.bias ?? []) {
        nodes[name].circle.classList.add('live-current');
      }
    });
  }

  live.define('backprop', {
    opening: 4,  // forward to the cost
    pace: (view) => (view.opens ? 3 : 1),

    build(view) {
      view.nodes = {};
      view.edges = {};
      const parts = [...Object.keys(edges).flatMap((name) => buildEdge(view, name)),
                     ...Object.keys(places).flatMap((name) => buildNode(view, name))];
      view.drawing = live.element('svg', {
        viewBox: `0 0 ${width} ${height}`, class: 'live-network live-backprop', role: 'img',
        'aria-label': 'The network: two inputs, two sums, two hidden neurons, an output and the cost. '
            + 'The list has all the numbers.'}, ...parts);
      const list = (title, from, to) => {
        const items = steps.slice(from, to).map(() => live.element('li'));
        view.items.push(...items);
        return live.element('div', {}, live.element('strong', {}, title),
                            live.element('ol', {start: from + 1}, ...items));
      };
      view.items = [];
      view.stage.append(view.drawing);
      view.summary.after(live.element('div', {class: 'live-formulas'}, list('Forward', 0, 4),
                                      list('Backward', 4, 12)));
    },

    draw(view) {
      fill(view);
      view.items.forEach((item, k) => {
        const [rule, ...sums] = view.figure.text(`formula ${k}`).trim().split('\n');
        item.replaceChildren(rule, ...sums.map((sum) => live.element('div', {}, sum)));
        item.classList.toggle('live-current', k === view.figure.steps - 1);
      });
    },
  });
})();
