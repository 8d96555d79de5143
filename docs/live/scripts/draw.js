'use strict';

// The drawing page: a canvas, what the networks read on it, test images, files, and a look inside
// the networks. C++ gets points, in thousandths of the canvas, and computes all the rest.
(() => {
  const {element} = live;
  const units = 1000;
  const nearest = 7;     // points of a stroke that are closer to each other are dropped
  const tolerance = 2.5;  // how far a line may move when points are left out of it

  const button = (words, action, attributes = {}) => {
    const made = element('button', {type: 'button', ...attributes}, words);
    made.onclick = action;
    return made;
  };
  const lines = (view, name) => view.figure.text(name).split('\n');
  const setText = (node, words) => { if (node.textContent !== words) node.textContent = words; };
  const clamp = (value, most) => Math.max(0, Math.min(most, value));

  // ------------------------------------------------------------------------------------ strokes

  /// Converts between the numbers for C++ and lists of points.
  const toNumbers = (strokes) => strokes.flatMap((s, i) => [...(i ? [-1] : []), ...s.flat()]);

  function toStrokes(numbers) {
    const strokes = [[]];
    for (let i = 0; i < numbers.length; ++i) {
      if (numbers[i] < 0) strokes.push([]);
      else if (i + 1 < numbers.length) strokes.at(-1).push([numbers[i], numbers[++i]]);
    }
    return strokes.filter((stroke) => stroke.length);
  }

  /// A stroke without the points on the line between others (Ramer–Douglas–Peucker).
  function thinned(points) {
    const [[x, y], [u, v]] = [points[0], points.at(-1)];
    const length = Math.hypot(u - x, v - y) || 1;
    const distances = points.map(([a, b]) => (u === x && v === y
        ? Math.hypot(a - x, b - y) : Math.abs((u - x) * (b - y) - (a - x) * (v - y)) / length));
    const farthest = distances.indexOf(Math.max(...distances));
    if (points.length < 3 || distances[farthest] <= tolerance) return [...new Set([points[0], points.at(-1)])];
    return [...thinned(points.slice(0, farthest + 1)).slice(0, -1), ...thinned(points.slice(farthest))];
  }

  // ------------------------------------------------------------------------------------- canvas

  /// The canvas: strokes by mouse, finger, pen or keys; undo and clear.
  class Sheet {
    constructor(view) {
      this.view = view;
      this.past = [];     // the states that undo restores
      this.strokes = null;  // while one is being drawn: all of them
      this.place = [500, 500];  // the position of the keyboard's pen
      this.canvas = element('canvas', {
        tabindex: 0, role: 'application', 'aria-label': 'Canvas to draw a digit on',
        'aria-describedby': 'live-draw-keys'});
      this.cursor = element('div', {class: 'live-draw-cursor', hidden: ''});
      this.element = element('div', {class: 'live-draw-sheet'}, this.canvas, this.cursor);
      this.listen();
      new ResizeObserver(() => this.paint()).observe(this.canvas);
    }

    listen() {
      const {canvas} = this;
      canvas.onpointerdown = (event) => {
        if (!event.isPrimary || event.button !== 0 || this.strokes) return;
        canvas.setPointerCapture(event.pointerId);
        this.cursor.hidden = true;
        this.begin(this.pointOf(event));
      };
      canvas.onpointermove = (event) => {
        if (!this.strokes || !event.isPrimary) return;
        const coalesced = event.getCoalescedEvents?.() ?? [];
        for (const one of coalesced.length ? coalesced : [event]) this.add(this.pointOf(one));
      };
      canvas.onpointerup = (event) => {
        if (this.strokes && event.isPrimary) this.finish(this.pointOf(event));
      };
      canvas.onpointercancel = (event) => { if (this.strokes && event.isPrimary) this.finish(); };
      canvas.onkeydown = (event) => this.key(event);
      canvas.onblur = () => {
        if (this.strokes) this.finish();
        this.cursor.hidden = true;
      };
    }

    pointOf(event) {
      const box = this.canvas.getBoundingClientRect();
      return [[event.clientX - box.left, box.width], [event.clientY - box.top, box.height]].map(
          ([at, size]) => Math.round(clamp(at / size, 1) * units));
    }

    settings() {
      const of = (name) => this.view.figure.settings.get(name);
      return {strokes: of('strokes'), width: of('width'), image: of('image'), picture: of('picture')};
    }

    /// Shows something else; undo restores the previous state.
    replace(settings) {
      this.past.push(this.settings());
      this.view.change({image: [0], picture: [0], ...settings});
    }

    get shown() { return this.strokes ?? toStrokes(this.view.figure.settings.get('strokes')); }

    /// The pen is put down. A test image or picture is cleared first.
    begin(point) {
      const now = this.settings();
      const {strokes, image, picture} = now;
      const example = strokes.join() === this.view.figure.control('strokes').start.join();
      this.past.push(now);
      this.strokes = example || image[0] || picture[0] ? [] : this.shown;
      this.strokes.push([point]);
      if (image[0] || picture[0]) this.view.change({image: [0], picture: [0]}, false);
      this.soon();
    }

    add(point) {
      const [x, y] = this.strokes.at(-1).at(-1);
      if (Math.hypot(point[0] - x, point[1] - y) < nearest) return;
      this.strokes.at(-1).push(point);
      this.soon();
    }

    finish(point) {
      const {strokes} = this;
      if (point) this.add(point);
      this.strokes = null;
      strokes.push(thinned(strokes.pop()));
      this.view.set('strokes', toNumbers(strokes));
    }

    /// Redraws at most once per frame.
    soon() {
      if (this.waiting) return;
      this.waiting = true;
      requestAnimationFrame(() => {
        this.waiting = false;
        if (this.strokes) this.view.change({strokes: toNumbers(this.strokes)}, false);
      });
    }

    undo() {
      if (this.strokes) this.finish();
      if (this.past.length) this.view.change(this.past.pop());
    }

    clear() {
      if (this.strokes) this.finish();
      this.replace({strokes: []});
    }

    /// The drawing, smaller and near an edge, with a smaller pen, to show why normalization matters.
    intoCorner() {
      const [share, x, y] = [1 / 3, 30, 30];
      const small = this.shown.map((stroke) => stroke.map(
          ([a, b]) => [Math.round(x + share * a), Math.round(y + share * b)]));
      const {low} = this.view.figure.control('width');
      this.replace({strokes: toNumbers(small), width: [Math.max(low, share * this.settings().width[0])]});
    }

    key(event) {
      const step = event.shiftKey ? 10 : 40;
      const moves = {ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step]};
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key in moves) {
        this.place = this.place.map((at, axis) => clamp(at + moves[event.key][axis], units));
        if (this.strokes) this.add(this.place);
      } else if (event.key === ' ') {
        if (this.strokes) this.finish(); else this.begin(this.place);
      } else if (event.key === 'Delete' || event.key === 'Backspace') {
        this.clear();
      } else {
        return;
      }
      event.preventDefault();
      event.stopPropagation();  // left and right turn the pages of the site
      this.showCursor();
    }

    showCursor() {
      this.cursor.hidden = false;
      this.cursor.classList.toggle('live-down', this.strokes !== null);
      this.cursor.style.left = `${this.place[0] * 100 / units}%`;
      this.cursor.style.top = `${this.place[1] * 100 / units}%`;
    }

    paint() {
      const side = Math.round(this.canvas.clientWidth * devicePixelRatio);
      if (side === 0) return;
      if (this.canvas.width !== side) this.canvas.width = this.canvas.height = side;
      const pen = this.canvas.getContext('2d');
      pen.fillStyle = live.color('ground');
      pen.fillRect(0, 0, side, side);
      if (this.view.figure.text('source') === 'drawing') this.paintStrokes(pen, side);
      else this.paintImage(pen, side);
    }

    paintStrokes(pen, side) {
      const scale = side / units;
      pen.strokeStyle = live.color('ink');
      pen.lineWidth = this.view.figure.settings.get('width')[0] * side / 100;
      pen.lineCap = pen.lineJoin = 'round';
      for (const stroke of this.shown) {
        pen.beginPath();
        stroke.forEach(([x, y], i) => pen[i ? 'lineTo' : 'moveTo'](x * scale, y * scale));
        if (stroke.length === 1) pen.lineTo(stroke[0][0] * scale, stroke[0][1] * scale);
        pen.stroke();
      }
    }

    paintImage(pen, side) {
      this.image ??= element('canvas');
      const values = this.view.figure.values('canvas');
      const isPicture = this.view.figure.text('source') === 'picture';
      live.drawMatrix(this.image, values, isPicture ? {ground: '#000000', ink: '#ffffff'} : {});
      const [height, width] = values.shape;
      const scale = side / Math.max(height, width);
      pen.imageSmoothingEnabled = isPicture;
      pen.drawImage(this.image, (side - scale * width) / 2, (side - scale * height) / 2,
                    scale * width, scale * height);
    }
  }

  // ----------------------------------------------------------------------------------- readings

  /// What one network reads: the digit, its probability, a bar for each of the ten digits.
  class Reading {
    constructor() {
      this.name = element('span', {class: 'live-draw-name'});
      this.guess = element('span', {class: 'live-draw-guess'});
      this.certainty = element('span', {class: 'live-draw-certainty'});
      this.bars = Array.from({length: 10}, (_, digit) => {
        const bar = {share: element('span'), words: element('span', {class: 'live-draw-share'})};
        bar.row = element('li', {}, element('span', {}, String(digit)),
                          element('span', {class: 'live-draw-bar'}, bar.share), bar.words);
        return bar;
      });
      this.element = element('div', {class: 'live-draw-reading'},
                             element('p', {}, this.name, this.guess, this.certainty),
                             element('ul', {}, ...this.bars.map(({row}) => row)));
    }

    show(view, i, name) {
      setText(this.name, name);
      setText(this.guess, view.figure.text(`guess ${i}`) || '–');
      setText(this.certainty, view.figure.text(`certainty ${i}`));
      const words = lines(view, `bars ${i}`);
      const {numbers} = view.figure.values(`probabilities ${i}`);
      const guess = view.figure.text(`guess ${i}`);
      this.bars.forEach(({row, share, words: shown}, digit) => {
        share.style.transform = `scaleX(${numbers[digit]})`;
        setText(shown, words[digit]);
        row.classList.toggle('live-best', guess === String(digit));
      });
    }
  }

  /// The stages of a picture's preprocessing: a canvas for each step and for each digit.
  function showStages(view) {
    const names = lines(view, 'stages').filter((name) => name);
    view.stages.hidden = names.length === 0;
    view.stages.replaceChildren(...names.map((name, i) => {
      const canvas = element('canvas', {role: 'img', 'aria-label': name});
      live.drawMatrix(canvas, view.figure.values(`stage ${i}`), {ground: '#000000', ink: '#ffffff'});
      return element('figure', {}, canvas, element('figcaption', {}, name));
    }));
  }

  // -------------------------------------------------------------------------------------- tiles

  const gap = NaN;  // transparent

  /// Several matrices side by side, as one matrix.
  function tiled({numbers, shape: [count, rows, columns]}, across) {
    const down = Math.ceil(count / across);
    const [height, width] = [down * (rows + 1) - 1, across * (columns + 1) - 1];
    const all = new Float32Array(height * width).fill(gap);
    for (let i = 0; i < count; ++i) {
      const corner = Math.floor(i / across) * (rows + 1) * width + (i % across) * (columns + 1);
      for (let y = 0; y < rows; ++y) {
        all.set(numbers.subarray((i * rows + y) * columns, (i * rows + y + 1) * columns), corner + y * width);
      }
    }
    return {numbers: all, shape: [height, width]};
  }

  const largest = (numbers) => numbers.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);

  function drawSigned(canvas, values, high = largest(values.numbers)) {
    live.drawMatrix(canvas, values, {signed: true, high});
  }

  /// A row of things to choose one of, by pointer, focus and arrow keys.
  class Choice {
    constructor(label, choose) {
      this.choose = choose;
      this.frame = element('div', {class: 'live-draw-chosen'});
      this.element = element('div', {
        class: 'live-draw-choice', role: 'slider', tabindex: 0, 'aria-label': label, 'aria-valuemin': 1});
      this.element.onpointermove = (event) => this.point(event);
      this.element.onpointerdown = (event) => this.point(event, true);
      this.element.onfocus = () => this.choose(this.chosen ?? 0, true);
      this.element.onkeydown = (event) => this.key(event);
    }

    point(event, settled = false) {
      const box = this.element.getBoundingClientRect();
      const column = Math.floor((event.clientX - box.left) / box.width * this.across);
      const row = Math.floor((event.clientY - box.top) / box.height * Math.ceil(this.count / this.across));
      const place = row * this.across + column;
      if (column < 0 || column >= this.across || place < 0 || place >= this.count) return;
      if (settled || place !== this.chosen) this.choose(place, settled);
    }

    key(event) {
      const moves = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.across, ArrowDown: this.across,
                     Home: -this.count, End: this.count};
      if (!(event.key in moves)) return;
      event.preventDefault();
      event.stopPropagation();
      this.choose(clamp((this.chosen ?? 0) + moves[event.key], this.count - 1), true);
    }

    /// @param chosen The chosen index, or null for none.
    update(count, across, chosen, words) {
      Object.assign(this, {count, across, chosen});
      const {element: node, frame} = this;
      node.setAttribute('aria-valuemax', count);
      node.setAttribute('aria-valuenow', (chosen ?? 0) + 1);
      node.setAttribute('aria-valuetext', chosen === null ? 'not chosen' : words);
      frame.hidden = chosen === null;
      if (chosen === null) return;
      const down = Math.ceil(count / across);
      frame.style.left = `${chosen % across * 100 / across}%`;
      frame.style.top = `${Math.floor(chosen / across) * 100 / down}%`;
      frame.style.width = `${100 / across}%`;
      frame.style.height = `${100 / down}%`;
    }
  }

  // ------------------------------------------------------------------------------------- inside

  /// The CNN, layer by layer.
  class Maps {
    constructor(view) {
      this.view = view;
      this.layers = [];
      this.map = element('canvas', {role: 'img', 'aria-label': 'The chosen map'});
      this.filters = element('canvas', {
        role: 'img', 'aria-label': 'The filter of the convolution that it comes from'});
      this.words = element('p');
      this.rows = element('div', {class: 'live-draw-layers'});
      this.element = element(
          'section', {class: 'live-draw-inside'}, element('h2', {}, 'Inside the CNN'),
          element('div', {class: 'live-draw-detail'},
                  element('figure', {}, this.map, element('figcaption', {}, 'map')),
                  element('figure', {}, this.filters, element('figcaption', {}, 'filter')),
                  this.words),
          this.rows);
    }

    row(i, words) {
      if (!this.layers[i]) {
        const layer = {canvas: element('canvas', {'aria-hidden': 'true'}), title: element('p')};
        layer.choice = new Choice(words, (map, settled) => this.view.change({map: [i, map]}, settled));
        layer.choice.element.append(layer.canvas, layer.choice.frame);
        this.rows.append(element('div', {}, layer.title, layer.choice.element));
        this.layers[i] = layer;
      }
      return this.layers[i];
    }

    show() {
      const {figure, stage} = this.view;
      const [row, map] = figure.values('chosen map').numbers;
      const words = figure.text('map');
      lines(this.view, 'layers').forEach((title, i) => {
        const layer = this.row(i, title);
        const maps = figure.values(`maps ${i}`);
        const [count, height, width] = maps.shape;
        const across = count === 1 ? 1 : Math.min(count, stage.clientWidth < 500 ? 8 : 16);
        setText(layer.title, title);
        const flat = count === 1 && height === 1;
        drawSigned(layer.canvas, flat ? tiled({numbers: maps.numbers, shape: [width, 1, 1]}, width)
                                      : tiled(maps, across), largest(maps.numbers));
        layer.canvas.classList.toggle('live-flat', flat);
        layer.choice.update(count, across, row === i ? map : null, words);
      });
      drawSigned(this.map, figure.values('map'));
      this.showFilters(figure.values('filters'));
      setText(this.words, words);
    }

    showFilters(filters) {
      const [count, rows, columns] = filters.shape;
      this.filters.parentElement.hidden = count === 0;
      if (count === 0) return;
      const across = Math.ceil(Math.sqrt(count));
      drawSigned(this.filters, tiled({numbers: filters.numbers, shape: [count, rows, columns]}, across),
                 largest(filters.numbers));
    }
  }

  /// The hidden units of the MLP with the largest outputs.
  class Units {
    constructor(view) {
      this.view = view;
      this.units = [];
      this.weights = element('canvas', {role: 'img', 'aria-label': 'Its weights'});
      this.products = element('canvas', {role: 'img', 'aria-label': 'Weights times pixels'});
      this.words = element('p');
      this.choice = new Choice('The strongest hidden units',
                               (unit, settled) => view.change({unit: [unit]}, settled));
      this.choice.element.classList.add('live-draw-units');
      this.element = element(
          'section', {class: 'live-draw-inside'}, element('h2', {}, 'Inside the MLP'),
          element('div', {class: 'live-draw-detail'},
                  element('figure', {}, this.weights, element('figcaption', {}, 'weights')),
                  element('figure', {}, this.products, element('figcaption', {}, 'weights × ink')),
                  this.words),
          this.choice.element);
    }

    show() {
      const {figure, stage} = this.view;
      const labels = lines(this.view, 'units');
      const {numbers, shape: [, rows, columns]} = figure.values('units');
      const across = stage.clientWidth < 500 ? 4 : 6;
      const high = largest(numbers);
      labels.forEach((words, i) => {
        this.units[i] ??= this.unit();
        const one = numbers.subarray(i * rows * columns, (i + 1) * rows * columns);
        drawSigned(this.units[i].canvas, {numbers: one, shape: [rows, columns]}, high);
        setText(this.units[i].label, words);
      });
      const words = figure.text('unit');
      this.choice.element.style.setProperty('--across', across);
      this.choice.update(labels.length, across, Math.min(figure.settings.get('unit')[0], labels.length - 1), words);
      drawSigned(this.weights, figure.values('weights'));
      drawSigned(this.products, figure.values('products'));
      setText(this.words, words);
    }

    unit() {
      const made = {canvas: element('canvas', {'aria-hidden': 'true'}), label: element('figcaption')};
      this.choice.element.append(element('figure', {}, made.canvas, made.label), this.choice.frame);
      return made;
    }
  }

  // -------------------------------------------------------------------------------- test images

  const budget = 6;  // milliseconds per frame for checking test images

  /// MNIST's test images, the misread ones first: C++ checks them while nothing else is done.
  class Tests {
    constructor(view, sheet) {
      this.view = view;
      this.sheet = sheet;
      this.words = element('p', {class: 'live-draw-tests'});
    }

    get state() {
      const [next, checked, count] = this.view.figure.values('tests').numbers;
      return {next, checked, count};
    }

    async showNext() {
      if (this.wanted) return;
      this.wanted = true;
      await live.data('mnist_test');
      this.look();
    }

    /// Checks as many as fit in a frame, and shows the next one as soon as it is known.
    look() {
      if (this.looking) return;
      this.looking = true;
      let some = 10;
      const frame = () => {
        const begun = performance.now();
        if (this.wanted && this.state.next > 0) {
          this.wanted = false;
          this.sheet.replace({image: [this.state.next]});
        } else if (!this.sheet.strokes) {
          const {high} = this.view.figure.control('checked');
          this.view.figure.set('checked', [Math.min(this.state.checked + some, high)]);
          const spent = performance.now() - begun;
          some = clamp(Math.round(some * (spent < budget ? 1.5 : 0.7)), 500) || 1;
        }
        setText(this.words, this.view.figure.text('tests'));
        const {checked, count} = this.state;
        this.looking = this.wanted || checked < count;
        if (this.looking) requestAnimationFrame(frame);
      };
      requestAnimationFrame(frame);
    }
  }

  // -------------------------------------------------------------------------------------- files

  const most = 64 << 20;     // the largest file, in bytes
  const longestSide = 1000;  // of the picture for C++, in pixels

  /// Pictures and networks from the reader's disk.
  class Files {
    constructor(view, sheet, tests) {
      Object.assign(this, {view, sheet, tests, count: 0});
      this.picture = this.input('image/*', 'Picture file', (file) => this.takePicture(file));
      this.network = this.input('.safetensors', 'Network file', (file) => this.takeNetwork(file));
      view.root.ondragover = (event) => event.preventDefault();
      view.root.ondrop = (event) => {
        event.preventDefault();
        const [file] = event.dataTransfer.files;
        if (file) (file.type.startsWith('image/') ? this.takePicture(file) : this.takeNetwork(file));
      };
    }

    input(accept, label, take) {
      const made = element('input', {type: 'file', accept, hidden: '', 'aria-label': label});
      made.onchange = () => {
        if (made.files[0]) take(made.files[0]);
        made.value = '';
      };
      return made;
    }

    refuse(file, why) { this.view.message.textContent = `${file.name} is not used: ${why}`; }

    /// Sets a control to the number of the loaded file; if C++ rejects it, resets it and says why.
    offer(file, control, settings) {
      const before = this.view.figure.settings.get(control);
      try {
        this.view.figure.set(control, [++this.count]);
      } catch (error) {
        if (!(error instanceof live.Refusal)) throw error;
        this.view.figure.set(control, before);
        this.view.redraw();
        this.refuse(file, error.message.replace(/^nn::\w+: /, ''));
        return false;
      }
      this.view.change(settings);
      return true;
    }

    async takePicture(file) {
      let bitmap;
      try {
        bitmap = await createImageBitmap(file);
      } catch {
        return this.refuse(file, 'the browser finds no picture in it (for PGM and IDX, use ./book predict)');
      }
      const scale = Math.min(1, longestSide / Math.max(bitmap.width, bitmap.height));
      const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(scale * side)));
      const canvas = element('canvas', {width, height});
      const pen = canvas.getContext('2d');
      pen.imageSmoothingQuality = 'high';
      pen.drawImage(bitmap, 0, 0, width, height);
      const bytes = new Uint8Array(8 + 4 * width * height);
      new Uint32Array(bytes.buffer, 0, 2).set([width, height]);
      bytes.set(pen.getImageData(0, 0, width, height).data, 8);
      live.writeFile(`picture ${this.count + 1}`, bytes);
      const before = this.sheet.settings();
      if (this.offer(file, 'picture', {image: [0]})) this.sheet.past.push(before);
      this.view.redraw();
    }

    async takeNetwork(file) {
      if (file.size > most) return this.refuse(file, 'it is larger than any network for digits would be');
      live.writeFile(`network ${this.count + 1}`, new Uint8Array(await file.arrayBuffer()));
      this.offer(file, 'network', {});
      if (this.tests.state.count > 0) this.tests.look();
    }
  }

  // --------------------------------------------------------------------------------- the figure

  const keys = 'Keys on the canvas: arrows move the pen (with Shift in small steps), Space puts it ' +
      'down or lifts it, Delete clears. Anywhere in the figure: Ctrl+Z undoes, N shows the next test image.';

  live.define('draw', {
    files: ['mlp', 'cnn'],
    places: ['width', 'normalize'],
    filesFor: (address) => (parseInt(address.get('draw.image')) > 0 ? ['mnist_test'] : []),

    build(view) {
      const sheet = view.sheet = new Sheet(view);
      const tests = view.tests = new Tests(view, sheet);
      const files = new Files(view, sheet, tests);
      view.readings = [];
      view.readingsRow = element('div', {class: 'live-draw-readings'});
      view.seen = element('canvas', {role: 'img', 'aria-label': 'What the networks see'});
      view.seenWords = element('p', {class: 'live-draw-words'});
      view.stages = element('div', {class: 'live-draw-detail live-draw-stages', hidden: ''});
      view.maps = new Maps(view);
      view.units = new Units(view);
      view.shrink = button('Into a corner', () => sheet.intoCorner());
      view.undo = button('Undo', () => sheet.undo());
      view.stage.append(
          element('div', {class: 'live-draw-top'}, sheet.element,
                  element('div', {class: 'live-buttons live-draw-first'}, view.undo,
                          button('Clear', () => sheet.clear()), view.shrink),
                  element('div', {class: 'live-draw-right'}, view.readingsRow,
                          element('div', {class: 'live-draw-seen'},
                                  element('figure', {}, view.seen,
                                          element('figcaption', {}, 'what they see')),
                                  view.input('normalize')),
                          view.seenWords),
                  element('div', {class: 'live-draw-more'}, view.input('width'),
                          element('div', {class: 'live-buttons'},
                                  button('Next test image', () => tests.showNext()),
                                  button('Your picture …', () => files.picture.click()),
                                  button('Your network …', () => files.network.click()),
                                  files.picture, files.network, ...view.row.childNodes),
                          tests.words)),
          view.stages, view.summary, view.message,
          element('p', {class: 'live-draw-keys', id: 'live-draw-keys'}, keys),
          view.maps.element, view.units.element);
      view.root.addEventListener('keydown', (event) => {
        const command = event.ctrlKey || event.metaKey;
        if (command && !event.shiftKey && event.key.toLowerCase() === 'z') sheet.undo();
        else if (!command && !event.altKey && event.key.toLowerCase() === 'n') tests.showNext();
        else return;
        event.preventDefault();
      });
    },

    draw(view) {
      view.sheet.paint();
      lines(view, 'names').forEach((name, i, all) => {
        view.readings[i] ??= new Reading();
        view.readings[i].show(view, i, name);
        view.readings.length = all.length;
      });
      if (view.readingsRow.childElementCount !== view.readings.length) {
        view.readingsRow.replaceChildren(...view.readings.map((reading) => reading.element));
      }
      live.drawMatrix(view.seen, view.figure.values('seen'));
      setText(view.seenWords, view.figure.text('seen'));
      showStages(view);
      view.maps.show();
      view.units.show();
      view.undo.disabled = view.sheet.past.length === 0;
      view.shrink.disabled = view.figure.text('source') !== 'drawing';
    },
  });
})();
