'use strict';

// A row for each class: the exponent, and its probability in two ways, as text and as a bar. If a way
// does not give a number, its bar is hatched.
live.define('softmax', {
  build(view) {
    const heads = ['exponent', 'as the formula says', 'nn::Softmax'];
    view.rows = Array.from(view.figure.values('y').numbers, () => {
      const bars = [1, 2].map(() => ({words: live.element('span'), bar: live.element('i')}));
      const cells = bars.map(({words, bar}) => live.element('td', {}, words,
                                                            live.element('div', {}, bar)));
      const exponent = live.element('th', {scope: 'row'});
      return {exponent, bars, row: live.element('tr', {}, exponent, ...cells)};
    });
    view.stage.append(live.element('table', {class: 'live-softmax'},
        live.element('tr', {}, ...heads.map((words) => live.element('th', {scope: 'col'}, words))),
        ...view.rows.map(({row}) => row)));
  },

  draw(view) {
    const ways = ['naive', 'y'].map((name) => ({
      words: view.figure.text(name).split('\n'), share: view.figure.values(name).numbers}));
    view.figure.text('z').split('\n').forEach((exponent, i) => {
      view.write(view.rows[i].exponent, exponent);
      view.rows[i].bars.forEach(({words, bar}, k) => {
        const broken = Number.isNaN(ways[k].share[i]);
        view.write(words, ways[k].words[i]);
        bar.className = broken ? 'live-broken' : '';
        bar.style.width = broken ? '100%' : `${100 * ways[k].share[i]}%`;
      });
    });
  },
});
