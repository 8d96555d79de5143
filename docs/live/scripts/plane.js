'use strict';

// The plane as the network sees it, in the colors of the classes, stronger where it is more
// confident; the points on it, hollow if held out; next to it the curves, below it the program. The
// reader adds points by pointer, or with the arrow keys and Enter.
live.define('plane', {
  charts: true,
  places: ['class'],
  opening: 60,
  pace: () => 60,  // epochs a second

  build(view) {
    view.chart = new live.LineChart('Cost per epoch, of training points and of held-out points',
                                    {x: 'epoch', y: 'cost (nats)', logY: true});
    view.canvas = live.element('canvas', {
      class: 'live-plane', width: 576, height: 576, tabindex: 0, role: 'application',
      'aria-label': 'The plane. For your own points: arrow keys move a cross, Enter adds a ' +
          'point there, Backspace removes the last one.'});
    view.surface = live.element('canvas');
    view.cross = [0, 0];  // where Enter puts a point; seen while the picture has the focus
    this.listen(view);
    const button = (words, change) => {
      const made = live.element('button', {type: 'button'}, words);
      made.onclick = () => view.set('points', change(this.own(view)));
      return made;
    };
    view.editing = live.element('div', {class: 'live-buttons'}, view.input('class'),
                                button('Remove the last point', (points) => points.slice(0, -3)),
                                button('Remove all points', () => []));
    view.code = live.program();
    view.stage.append(
        live.element('div', {class: 'live-side-by-side'},
                     live.element('div', {}, view.canvas, view.editing), view.chart.element));
    view.root.append(view.code.element);
  },

  own(view) { return view.figure.settings.get('points'); },

  drawsByHand(view) {
    const {choices} = view.figure.control('shape');
    return choices[view.figure.settings.get('shape')[0]] === 'my own';
  },

  /// Adds a point at a place in the picture, (−1, −1) to (1, 1).
  put(view, [x, y]) {
    const edge = view.figure.values('edge').numbers[0];
    const [label] = view.figure.settings.get('class');
    view.cross = [x, y];
    const at = (place) => Math.round(100 * place * edge) / 100;
    view.set('points', [...this.own(view), at(x), at(y), label]);
  },

  listen(view) {
    const {canvas} = view;
    let last = null;
    const place = (event) => {
      const box = canvas.getBoundingClientRect();
      return [2 * (event.clientX - box.left) / box.width - 1, 1 - 2 * (event.clientY - box.top) / box.height];
    };
    canvas.onpointerdown = (event) => {
      if (!this.drawsByHand(view) || event.button !== 0) return;
      canvas.setPointerCapture(event.pointerId);
      last = place(event);
      this.put(view, last);
    };
    canvas.onpointermove = (event) => {
      if (!last) return;
      const here = place(event);
      if (Math.hypot(here[0] - last[0], here[1] - last[1]) < 0.1 || Math.max(...here.map(Math.abs)) > 1) return;
      last = here;
      this.put(view, here);
    };
    canvas.onpointerup = canvas.onpointercancel = () => { last = null; };
    canvas.onkeydown = (event) => this.press(view, event);
    canvas.onfocus = canvas.onblur = () => view.redraw();
  },

  press(view, event) {
    if (!this.drawsByHand(view)) return;
    const step = event.shiftKey ? 0.02 : 0.1;
    const by = {ArrowUp: [0, step], ArrowDown: [0, -step], ArrowLeft: [-step, 0], ArrowRight: [step, 0]}[event.key];
    if (!by && !['Enter', ' ', 'Backspace', 'Delete'].includes(event.key)) return;
    event.preventDefault();
    if (by) {
      view.cross = view.cross.map((place, i) => Math.max(-1, Math.min(1, place + by[i])));
      view.redraw();
    } else if (event.key === 'Enter' || event.key === ' ') {
      this.put(view, view.cross);
    } else {
      view.set('points', this.own(view).slice(0, -3));
    }
  },

  draw(view) {
    const {figure} = view;
    const byHand = this.drawsByHand(view);
    view.canvas.style.touchAction = byHand ? 'none' : '';
    view.canvas.style.cursor = byHand ? 'crosshair' : '';
    view.editing.hidden = !byHand;
    const context = view.canvas.getContext('2d');
    this.drawSurface(view, context);
    const {numbers} = figure.values('points');
    const colors = ['series-1', 'series-2', 'series-3', 'ground'].map(live.color);
    for (let i = 0; i < numbers.length; i += 4) this.drawPoint(context, numbers.subarray(i, i + 4), colors);
    if (byHand && document.activeElement === view.canvas) this.drawCross(context, view.cross);
    const list = (name) => figure.values(name).numbers.slice();
    view.chart.to(figure.lastStep);
    view.chart.show([['training cost', 'training'], ['held-out cost', 'held out']].map(
        ([what, name]) => ({name, x: list('epochs'), y: list(what), grows: true})));
    view.code.show(figure.code('code'));
  },

  /// Every square in a mix of the ground and the color of its most probable class.
  drawSurface(view, context) {
    const {numbers, shape: [rows, columns, classes]} = view.figure.values('surface');
    const image = new ImageData(columns, rows);
    const ground = live.rgb(live.color('ground'));
    const colors = Array.from({length: classes}, (_, i) => live.rgb(live.color(`series-${i + 1}`)));
    for (let i = 0; i < rows * columns; ++i) {
      const all = numbers.subarray(classes * i, classes * (i + 1));
      const most = Math.max(0, all.indexOf(Math.max(...all)));
      const share = 0.55 * ((all[most] || 1 / classes) - 1 / classes) / (1 - 1 / classes);
      for (let c = 0; c < 3; ++c) image.data[4 * i + c] = ground[c] + (colors[most][c] - ground[c]) * share;
      image.data[4 * i + 3] = 255;
    }
    view.surface.width = columns;
    view.surface.height = rows;
    view.surface.getContext('2d').putImageData(image, 0, 0);
    context.imageSmoothingEnabled = true;
    context.drawImage(view.surface, 0, 0, view.canvas.width, view.canvas.height);
  },

  /// A disc, a square or a triangle.
  drawPoint(context, [x, y, label, heldOut], colors) {
    const size = heldOut ? 5 : 7.5;
    const corners = [0, 4, 3][label];
    const middle = this.place(context, x, y);
    context.beginPath();
    if (corners === 0) {
      context.arc(...middle, size, 0, 2 * Math.PI);
    } else {
      for (let k = 0; k < corners; ++k) {
        const turn = 2 * Math.PI * (k + (corners === 4 ? 0.5 : 0)) / corners;
        context.lineTo(middle[0] + 1.25 * size * Math.sin(turn), middle[1] - 1.25 * size * Math.cos(turn));
      }
    }
    context.closePath();
    context.lineWidth = 2;
    context.fillStyle = colors[label];
    context.strokeStyle = heldOut ? colors[label] : colors[3];
    if (!heldOut) context.fill();
    context.stroke();
  },

  drawCross(context, [x, y]) {
    const [across, down] = this.place(context, x, y);
    context.lineWidth = 3;
    context.strokeStyle = live.color('ink');
    context.beginPath();
    for (const [i, j] of [[14, 0], [0, 14]]) {
      context.moveTo(across - i, down - j);
      context.lineTo(across + i, down + j);
    }
    context.stroke();
  },

  place({canvas}, x, y) { return [(1 + x) / 2 * canvas.width, (1 - y) / 2 * canvas.height]; },
});
