'use strict';

// Shared by the figures with moving windows: sheets of numbers side by side, one of them under the
// window, and an input for its place.
live.windows = (() => {
  const most = 12;  // columns: a larger image is drawn as pixels

  /// A matrix with its name. A small one is a table, with inputs where the reader may type.
  class Sheet {
    /// @param title Above it.
    /// @param change Called after the reader typed, with the numbers of all inputs.
    /// @param point Called with the row and column at the pointer.
    constructor(title, {change, point} = {}) {
      Object.assign(this, {title, change});
      this.table = live.element('table', {'aria-label': title});
      this.canvas = live.element('canvas', {role: 'img', 'aria-label': `${title}, drawn as pixels`});
      this.frame = live.element('div', {class: 'live-frame'});
      this.mark = live.element('div', {class: 'live-frame live-winner'});
      this.picture = live.element('div', {class: 'live-picture'}, this.canvas, this.frame, this.mark);
      this.signs = live.element('small', {}, 'blue: above 0, orange: below');
      this.element = live.element('div', {class: 'live-sheet'},
                                  live.element('span', {class: 'live-label'}, title),
                                  this.table, this.picture, this.signs);
      if (point) this.listen(point);
    }

    listen(point) {
      this.table.onclick = (event) => {
        const cell = event.target.closest('td');
        if (cell) point(cell.parentNode.rowIndex, cell.cellIndex);
      };
      this.canvas.onpointerdown = this.canvas.onpointermove = (event) => {
        if (!(event.buttons & 1)) return;
        const box = this.canvas.getBoundingClientRect();
        point(Math.floor((event.clientY - box.top) / box.height * this.canvas.height),
              Math.floor((event.clientX - box.left) / box.width * this.canvas.width));
      };
      this.table.classList.add('live-pointed');
      this.canvas.classList.add('live-pointed');
    }

    /// @param values The result of figure.values().
    /// @param words The same as text, one number per line; a place without a line is still empty.
    /// @param look The class of a place; input: whether the reader may type there; frame: the marked
    ///   part, [row, column, rows, columns]; signed: whether there are numbers below 0.
    show(values, words, {look = () => '', input = () => false, frame, signed = false} = {}) {
      const [rows, columns] = values.shape;
      const small = columns <= most;
      this.table.hidden = !small;
      this.picture.hidden = small;
      this.signs.hidden = small || !signed;
      if (!small) {
        this.paint(values, signed);
        this.outline(this.frame, values.shape, frame);
        const marked = values.numbers.findIndex((_, i) => look(i) === 'live-winner');
        this.outline(this.mark, values.shape, marked < 0 ? undefined :
            [Math.floor(marked / columns), marked % columns, 1, 1]);
        return;
      }
      const form = Array.from(values.numbers, (_, i) => (input(i) ? 1 : 0)).join('') + `,${columns}`;
      if (form !== this.form) this.build(rows, columns, input);
      this.form = form;
      this.cells.forEach((cell, i) => {
        const [row, column] = [Math.floor(i / columns), i % columns];
        const inside = frame && row >= frame[0] && row < frame[0] + frame[2] &&
            column >= frame[1] && column < frame[1] + frame[3];
        cell.className = `${look(i)} ${inside ? 'live-inside' : ''}`;
        if (cell.firstChild instanceof HTMLInputElement) cell.firstChild.value = words[i];
        else cell.textContent = live.withMinus(words[i] ?? '·');
      });
    }

    build(rows, columns, input) {
      this.cells = [];
      this.table.replaceChildren(...Array.from({length: rows}, (_, i) => live.element(
          'tr', {}, ...Array.from({length: columns}, (__, j) => {
            const cell = live.element('td');
            if (input(i * columns + j)) cell.append(this.input(`row ${i}, column ${j}`));
            this.cells.push(cell);
            return cell;
          }))));
    }

    input(place) {
      const input = live.element('input', {type: 'number', step: 'any',
                                           'aria-label': `${this.title}, ${place}`});
      input.onchange = () => this.change(this.typed());
      return input;
    }

    typed() {
      return Array.from(this.table.querySelectorAll('input'),
                        ({value}) => (value === '' ? NaN : Number(value)));
    }

    paint(values, signed) {
      const high = Math.max(...values.numbers.map(Math.abs), 1e-9);
      live.drawMatrix(this.canvas, values, {signed, high});
    }

    /// Lays an element over a part of the picture: [row, column, rows, columns].
    outline(element, [rows, columns], part) {
      element.hidden = !part;
      if (!part) return;
      const share = (some, whole) => `${100 * some / whole}%`;
      Object.assign(element.style, {top: share(part[0], rows), left: share(part[1], columns),
                                    height: share(part[2], rows), width: share(part[3], columns)});
    }
  }

  /// Moves the window to a place of the output.
  function goTo(view, row, column) {
    const [rows, columns] = view.figure.values('y').shape;
    const within = (i, count) => Math.min(Math.max(i, 0), count - 1);
    const place = within(row, rows) * columns + within(column, columns);
    view.attempt(() => {
      view.figure.restart();
      view.figure.run(place);
    });
    view.pause();
  }

  /// An input for the place: the left and right arrow keys move along a row, up and down between rows.
  function placeInput(view) {
    const id = `live-${view.figure.name}-place`;
    const range = live.element('input', {type: 'range', id, min: 0, step: 1,
                                         'aria-describedby': `${id}-help`});
    range.oninput = () => step(view, Number(range.value));
    range.onkeydown = (event) => {
      const columns = view.figure.values('y').shape[1];
      const way = {ArrowUp: -columns, ArrowDown: columns}[event.key];
      if (!way) return;
      event.preventDefault();
      const place = view.figure.steps + way;
      if (place >= 0 && place <= view.figure.lastStep) step(view, place);
    };
    view.placeRange = range;
    view.placeShown = live.element('output', {for: id});
    return live.element(
        'div', {class: 'live-control live-place'},
        live.element('label', {for: id}, 'Place of the window'),
        live.element('span', {class: 'live-range'}, range, view.placeShown),
        live.element('small', {id: `${id}-help`}, 'Move it with the arrow keys, or click on the output.'));
  }

  function step(view, place) {
    const columns = view.figure.values('y').shape[1];
    goTo(view, Math.floor(place / columns), place % columns);
  }

  /// Numbers with hyphens, as inputs take them.
  function words(view, name) {
    return view.figure.code(name).split('\n');
  }

  /// Image and output, with `between` in between.
  function build(view, between) {
    view.x = new Sheet('X, the image', {
      change: (numbers) => view.set('pixels', numbers),
      point: (row, column) => pointAt(view, row, column),
    });
    view.y = new Sheet('Y, the output so far', {point: (row, column) => goTo(view, row, column)});
    view.row.before(placeInput(view));
    view.stage.append(live.element('div', {class: 'live-sheets'},
                                   ...[view.x, ...between, view.y].map((sheet) => sheet.element)));
  }

  /// Moves the window around a pixel, or as near as possible. In a small image, a click is for
  /// typing instead.
  function pointAt(view, row, column) {
    if (view.x.picture.hidden) return;
    const [, , height, width] = view.figure.values('window').numbers;
    const [strides] = view.figure.settings.get('stride');
    const near = (at, length) => Math.round((at - (length - 1) / 2) / strides);
    goTo(view, near(row, height), near(column, width));
  }

  function draw(view, look) {
    const {figure} = view;
    const frame = Array.from(figure.values('window').numbers);
    const x = figure.values('x');
    const [border] = figure.values('border').numbers;
    const [rows, columns] = x.shape;
    const inner = (i) => {
      const [row, column] = [Math.floor(i / columns), i % columns];
      return row >= border && row < rows - border && column >= border && column < columns - border;
    };
    view.x.show(x, words(view, 'x'),
                {frame, input: inner, look: (i) => (inner(i) ? look?.(i) ?? '' : 'live-border')});
    const y = figure.values('y');
    const reached = y.numbers.map((number, i) => (i <= figure.steps ? number : 0));
    view.y.show({numbers: reached, shape: y.shape}, words(view, 'y').slice(0, figure.steps + 1), {
      signed: y.numbers.some((number) => number < 0),
      frame: [Math.floor(figure.steps / y.shape[1]), figure.steps % y.shape[1], 1, 1],
    });
    view.placeRange.max = figure.lastStep;
    view.placeRange.value = figure.steps;
    view.placeRange.setAttribute('aria-valuetext', figure.text('place'));
    view.placeShown.textContent = figure.text('place');
  }

  /// Steps per second: slow if there are only a few places, so that each can be read.
  function pace(view) {
    return view.figure.lastStep < 50 ? 2.5 : 150;
  }

  return {Sheet, build, draw, pace, words};
})();
