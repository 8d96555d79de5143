'use strict';

// The inputs stand at the left, the outputs above; in between the products, as long as they are
// large.
live.define('dense', {
  build(view) {
    view.table = live.element('table', {class: 'live-dense'});
    view.sums = live.element('ol', {class: 'live-sums'});
    view.stage.append(view.table, view.sums);
  },

  draw(view) {
    const {numbers, shape: [inputs, outputs]} = view.figure.values('products');
    const y = view.figure.values('y').numbers;
    const most = Math.max(...numbers.map(Math.abs), 1e-9);
    const cell = (tag, words, attributes = {}) => live.element(tag, attributes, words);
    const rows = [live.element('tr', {}, cell('th', 'product', {scope: 'col'}), ...Array.from(
        {length: outputs}, (_, j) => cell('th', `output ${j + 1}`, {scope: 'col'})))];
    for (let i = 0; i < inputs; ++i) {
      const row = live.element('tr', {}, cell('th', `input ${i + 1}`, {scope: 'row'}));
      for (let j = 0; j < outputs; ++j) {
        const product = numbers[i * outputs + j];
        const share = Math.round(100 * Math.abs(product) / most);
        row.append(cell('td', product, {
          class: product < 0 ? 'live-negative' : 'live-positive', style: `--share: ${share}%`}));
      }
      rows.push(row);
    }
    rows.push(live.element('tr', {class: 'live-total'}, cell('th', 'with bias', {scope: 'row'}),
                           ...Array.from(y, (sum) => cell('td', sum))));
    view.table.replaceChildren(...rows);
    view.sums.replaceChildren(...Array.from(
        y, (_, j) => live.element('li', {}, view.figure.text(`sum ${j}`))));
  },
});
