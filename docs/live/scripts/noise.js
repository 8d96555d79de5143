'use strict';

// Gradients of batches as arrows from the origin. The gradient of all images is the unit of the axis;
// the half circle around its end is where the law predicts that the batches' gradients end.
live.define('noise', {
  files: ['mnist_training'],
  charts: true,
  opening: 40,
  pace: () => 40,

  build(view) {
    view.cloud = live.element('svg', {class: 'live-cloud', role: 'img',
                                      'aria-label': 'gradients of batches around that of all images'});
    const entry = (kind, words) => live.element(
        'li', {}, live.element('span', {class: `live-legend ${kind}`}), words);
    const keys = live.element('ul', {class: 'live-legends'},
                              entry('live-legend-whole', 'the gradient of all images'),
                              entry('live-legend-batch', 'the gradient of a batch; the last one is darker'),
                              entry('live-legend-law', 'where the law, 1/√size, predicts it to end'));
    view.chart = new live.LineChart(
        'The noise of a batch’s gradient against the batch size',
        {x: 'images in a batch', y: 'noise, in gradient lengths', logX: true, logY: true});
    view.stage.append(live.element('div', {class: 'live-pair'},
                                   live.element('div', {}, view.cloud, keys), view.chart.element));
  },

  draw(view) {
    const {figure} = view;
    const {numbers, shape: [count]} = figure.values('points');
    const [law] = figure.values('law').numbers;
    const reach = Math.max(1.1 * law, ...numbers.map(Math.abs));  // in lengths of the gradient
    const [left, right] = [Math.min(0, 1 - reach), 1 + reach];
    const [width, height] = [600, 600 * reach / (right - left) * 1.05 + 8];
    const x = (along) => (along - left) / (right - left) * (width - 10) + 5;
    const y = (across) => height - 6 - across / (right - left) * (width - 10);
    const arrow = (kind, along, across) => live.element(
        'g', {class: kind},
        live.element('line', {x1: x(0), y1: y(0), x2: x(along), y2: y(across)}),
        live.element('circle', {cx: x(along), cy: y(across), r: 4}));
    const radius = law / (right - left) * (width - 10);
    view.cloud.setAttribute('viewBox', `0 0 ${width} ${height}`);
    view.cloud.replaceChildren(
        live.element('line', {class: 'live-cloud-axis', x1: 0, y1: y(0), x2: width, y2: y(0)}),
        ...Array.from({length: count}, (_, i) => arrow(
            i === count - 1 ? 'live-cloud-last' : 'live-cloud-batch', numbers[2 * i], numbers[2 * i + 1])),
        live.element('path', {class: 'live-cloud-law', d: `M ${x(1) - radius} ${y(0)} A ${radius} ${
            radius} 0 0 1 ${x(1) + radius} ${y(0)}`}),
        arrow('live-cloud-whole', 1, 0));

    const pairs = (name) => {
      const list = Array.from(figure.values(name).numbers);
      return {x: list.filter((_, i) => i % 2 === 0), y: list.filter((_, i) => i % 2 === 1)};
    };
    view.chart.show([{name: 'measured here', ...pairs('here'), points: true},
                     {name: 'measured in section 6.3', ...pairs('chapter'), points: true},
                     {name: 'one image’s noise / √size', ...pairs('line')}]);
  },
});
