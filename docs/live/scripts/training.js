'use strict';

// Two charts, the confusion matrix, and the program. The arrow keys move around in the matrix; the
// cell with the focus, or under the pointer, is explained in words.
live.define('training', {
  charts: true,
  files: ['mnist_training', 'mnist_test'],
  opening: 100,  // an epoch

  build(view) {
    view.cost = new live.LineChart('Cost per epoch, of training images and of held-out images',
                                   {x: 'epoch', y: 'cost (nats)', logY: true});
    view.accuracy = new live.LineChart(
        'Accuracy per epoch, of training images and of held-out images',
        {x: 'epoch', y: 'right (%)', to: 100});
    view.speed = live.element('p', {class: 'live-small'});
    view.words = live.element('p', {class: 'live-small', 'aria-live': 'polite'});
    view.code = live.program();
    const charts = live.element('div', {class: 'live-side-by-side'}, view.cost.element,
                                view.accuracy.element);
    view.stage.append(charts, view.summary, view.speed, this.table(view), view.words);
    view.root.append(view.code.element);
  },

  table(view) {
    const digits = Array.from({length: 10}, (_, digit) => digit);
    const head = (words, scope) => live.element('th', {scope}, words);
    view.cells = digits.map(() => digits.map(() => live.element('td', {tabindex: -1})));
    view.cells[0][0].tabIndex = 0;
    view.caption = live.element('caption', {});
    view.cells.forEach((row, i) => row.forEach((cell, j) => {
      cell.onfocus = cell.onpointerenter = () => this.explain(view, i, j);
      cell.onkeydown = (event) => {
        const by = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]}[event.key];
        const next = by && view.cells[i + by[0]]?.[j + by[1]];
        if (!by) return;
        event.preventDefault();
        if (!next) return;
        cell.tabIndex = -1;
        next.tabIndex = 0;
        next.focus();
      };
    }));
    const rows = view.cells.map((row, i) => live.element('tr', {}, head(i, 'row'), ...row));
    return live.element(
        'table', {class: 'live-confusion'}, view.caption,
        live.element('tr', {}, live.element('td'), ...digits.map((digit) => head(digit, 'col'))), ...rows);
  },

  explain(view, i, j) {
    view.explained = [i, j];
    view.words.textContent = view.figure.text('cells').split('\n')[10 * i + j];
  },

  draw(view) {
    const {figure} = view;
    const list = (name) => figure.values(name).numbers.slice();
    const curves = (what) => ['training', 'validation'].map((set) => ({
      name: set === 'training' ? 'training' : 'held out',
      x: list(`${set} epochs`), y: list(`${set} ${what}`),
      points: set === 'validation', grows: set === 'training'}));
    const [epochs] = figure.settings.get('epochs');
    for (const chart of [view.cost, view.accuracy]) chart.to(epochs);
    view.cost.show(curves('cost'));
    view.accuracy.show(curves('accuracy'));
    view.speed.textContent = figure.text('speed');
    view.caption.textContent = figure.text('table');
    this.fill(view);
    view.code.show(figure.code('code'));
  },

  fill(view) {
    const {numbers} = view.figure.values('confusion');
    if (view.filled === numbers.join()) return;
    view.filled = numbers.join();
    view.cells.forEach((row, i) => {
      const all = numbers.slice(10 * i, 10 * i + 10).reduce((sum, count) => sum + count, 0);
      row.forEach((cell, j) => {
        const count = numbers[10 * i + j];
        cell.className = i === j ? 'live-right' : count > 0 ? 'live-wrong' : 'live-none';
        view.write(cell, all > 0 ? String(count) : '');  // nothing was shown yet, which is not 0
        cell.style.setProperty('--share', `${Math.round(50 * Math.sqrt(count / Math.max(all, 1)))}%`);
      });
    });
    if (view.explained) this.explain(view, ...view.explained);
  },
});
