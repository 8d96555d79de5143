'use strict';

// A language model that writes: the text so far, and the likeliest next characters as bars.
live.define('write', {
  files: ['text', 'characters'],
  late: true,  // a megabyte
  opening: 1000,  // all of it
  pace: () => 25,

  build(view) {
    const {figure, root, row} = view;
    const id = 'live-write-start';
    const field = live.element('input', {
      type: 'text', id, maxlength: 100, spellcheck: 'false', autocomplete: 'off',
      'aria-describedby': `${id}-help`});
    const typed = () => Array.from(field.value, (character) => character.codePointAt(0));
    field.oninput = () => {
      view.change({start: typed()}, false);
      view.redraw();
    };
    field.onchange = () => view.set('start', typed());
    field.onkeydown = (event) => { if (event.key === 'Enter') view.rerun(); };
    view.refreshers.set('start', (points) => {
      const words = String.fromCodePoint(...points);
      if (field.value !== words) field.value = words;
    });
    root.prepend(live.element('div', {class: 'live-control live-beginning'},
                              live.element('label', {for: id}, figure.control('start').label), field,
                              view.help('start')));
    view.again = live.element('button', {type: 'button'});
    view.again.onclick = () => {
      view.set('seed', [(figure.settings.get('seed')[0] ?? 0) + 1]);
      view.rerun();
    };
    row.append(view.again);

    [view.start, view.written] = [live.element('b'), live.element('span')];
    view.bars = Array.from(figure.values('original').numbers, () => {
      const bar = {name: live.element('code'), fill: live.element('i'), mark: live.element('u'),
                   words: live.element('span')};
      bar.row = live.element('li', {}, bar.name, live.element('div', {}, bar.fill, bar.mark), bar.words);
      return bar;
    });
    view.rest = live.element('p');
    view.stage.append(live.element('div', {class: 'live-pair'},
        live.element('p', {class: 'live-written'}, view.start, view.written),
        live.element('div', {class: 'live-next'}, live.element('p', {}, 'The next character:'),
                     live.element('ul', {}, ...view.bars.map((bar) => bar.row)), view.rest,
                     live.element('p', {}, live.element('small', {}, live.element('u'),
                         ' what the network says, before temperature and top-k change it')))));
  },

  draw(view) {
    const {figure} = view;
    view.start.textContent = figure.code('start');
    view.written.textContent = figure.code('written');
    view.again.textContent = `Again, with seed ${(figure.settings.get('seed')[0] ?? 0) + 1}`;
    const [names, percents] = [figure.code('names').split('\n'), figure.text('percents').split('\n')];
    const original = Array.from(figure.values('original').numbers);
    const {numbers} = figure.values('probabilities');
    view.bars.forEach(({name, fill, mark, words}, i) => {
      name.textContent = names[i];
      words.textContent = percents[i];
      fill.style.width = `${100 * numbers[i]}%`;
      mark.style.left = `${100 * original[i]}%`;
    });
    view.rest.textContent = figure.text('rest');
  },
});
