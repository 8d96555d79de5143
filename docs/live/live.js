// Runs the figures of the pages: starts the library, makes the inputs of a figure from its C++
// description, keeps its state in the address, and lets it run. All numbers and texts come from
// C++; the figure's scripts/NAME.js draws them.
//
// A figure's script calls live.define(NAME, {build(view), draw(view), …}):
//   build(view)  once: puts its elements into view.stage;
//   draw(view)   whenever something has changed;
//   pace(view)   steps per second while it runs; without it, as many as fit in each frame;
//   opening      steps that a figure makes by itself as soon as it is seen, so that it never starts
//                empty; an address that names the figure says where it starts instead;
//   places       controls whose inputs it adds to its stage itself, with view.input() or
//                view.numberInput();
//   files        data that it needs, in the form that live.data() takes;
//   late         whether it is opened, and its data loaded, only when the reader comes near;
//   charts       whether it uses live.LineChart;
//   scripts      other files of scripts/ that it needs;
//   filesFor(address)  additional data that the settings of an address need.
// C++ must provide a text `summary`, and all the numbers and texts that draw() asks for.
//
// A view has: figure (a LiveFigure), the elements root, stage, summary, message and row (the
// buttons), running, opens (whether it still makes its opening; undefined if it has none),
// set(name, values), redraw(), input(name), numberInput(name, i), help(name), and
// write(element, text), which highlights what it changes until the next drawing. While the reader
// drags something, call change(settings, false): address and summary then wait until the end. For
// drawing there are live.element, color, drawMatrix, LineChart and program; live.writeFile gives
// C++ a file.

'use strict';

const live = (() => {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  const makers = new Map();
  const views = [];

  // ------------------------------------------------------------------------------ the library

  /// An error from the library, with its message.
  class Refusal extends Error {}

  let library;  // what the module exports

  function bytesOf(base64) {
    if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
    const text = atob(base64);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; ++i) bytes[i] = text.charCodeAt(i);
    return bytes;
  }

  /// The few system functions that WASI's C library needs: a clock and nothing else.
  const system = {
    clock_time_get(clock, precision, where) {
      const nanoseconds = BigInt(Math.round(performance.now() * 1e6));
      new DataView(library.memory.buffer).setBigUint64(where, nanoseconds, true);
      return 0;
    },
    environ_sizes_get(count, size) {
      new DataView(library.memory.buffer).setUint32(count, 0, true);
      new DataView(library.memory.buffer).setUint32(size, 0, true);
      return 0;
    },
    environ_get: () => 0,
    proc_exit(code) { throw new Error(`the library ended with ${code}`); },
  };
  const badDescriptor = 8;

  async function start() {
    await loadScript('live_wasm.js');
    const wasi = new Proxy(system, {
      get: (known, name) => known[name] ?? (() => badDescriptor),
    });
    const refuse = (where, size) => { throw new Refusal(withMinus(wordsAt(where, size))); };
    const {instance} = await WebAssembly.instantiate(
        await unpacked('wasm'), {wasi_snapshot_preview1: wasi, live: {refuse}});
    library = instance.exports;
    library._initialize();
  }

  function wordsAt(where, size) {
    return decoder.decode(new Uint8Array(library.memory.buffer, where, size));
  }

  function wordsToZero(where) {
    const memory = new Uint8Array(library.memory.buffer);
    return wordsAt(where, memory.indexOf(0, where) - where);
  }

  /// Copies numbers or bytes, then a word, to the buffer; returns the length of the word.
  function say(bytes, word) {
    const name = encoder.encode(word);
    const room = library.live_room(bytes.length + name.length);
    const memory = new Uint8Array(library.memory.buffer);
    memory.set(bytes, room);
    memory.set(name, room + bytes.length);
    return name.length;
  }

  /// Calls the library. If it throws, its stack is restored.
  function call(name, ...values) {
    const top = library.__stack_pointer.value;
    try {
      return library[name](...values);
    } catch (error) {
      library.__stack_pointer.value = top;
      throw error;
    }
  }

  const nothing = new Uint8Array(0);

  /// Numbers with the minus sign of the book: in '-1', '(-1)' and '1e-05', but not in 'two-layer'.
  /// Texts and numbers from C++ go through here on their way to the page; programs and JSON do not.
  const withMinus = (words) => words.replace(/(?<!\w)-(?=\d|inf)|(?<=\de)-(?=\d)/g, '−');

  /// A figure in C++; see docs/live/live.cppm.
  class LiveFigure {
    constructor(name) {
      this.name = name;
      this.address = call('live_open', say(nothing, name));
      const description = JSON.parse(this.code(':description'));
      this.controls = description.controls;
      this.lastStep = description.last_step;
      this.settings = new Map(this.controls.map((c) => [c.name, c.start]));
    }

    control(name) { return this.controls.find((control) => control.name === name); }
    restart() { call('live_restart', this.address); }
    run(count) { call('live_run', this.address, count); }
    get steps() { return call('live_steps', this.address); }
    text(name) { return withMinus(this.code(name)); }
    /// A text for machines: with hyphens where others have minus signs.
    code(name) { return wordsToZero(call('live_text', this.address, say(nothing, name))); }

    set(name, values) {
      const numbers = Float64Array.from(values);
      const size = say(new Uint8Array(numbers.buffer), name);
      call('live_set', this.address, numbers.length, size);
      this.settings.set(name, Array.from(values));
      this.lastStep = JSON.parse(this.code(':description')).last_step;
    }

    /// Numbers, valid until the figure changes: {numbers: Float32Array, shape: [...]}.
    values(name) {
      const where = call('live_values', this.address, say(nothing, name));
      const [data, count, axes] = new Uint32Array(library.memory.buffer, where, 3);
      return {
        numbers: new Float32Array(library.memory.buffer, data, count),
        shape: Array.from(new Uint32Array(library.memory.buffer, where + 12, axes)),
      };
    }
  }

  /// Gives the library a file.
  function writeFile(name, bytes) {
    call('live_file', bytes.length, say(bytes, name));
  }

  // ----------------------------------------------------------------------------------- the data

  const folder = document.currentScript.src.replace(/[^/]*$/, '');
  const scripts = new Map();

  function loadScript(file) {
    if (!scripts.has(file)) {
      scripts.set(file, new Promise((loaded, failed) => {
        const script = document.createElement('script');
        script.src = folder + file;
        script.onload = loaded;
        script.onerror = () => failed(new Error(`${file} cannot be loaded`));
        document.head.append(script);
      }));
    }
    return scripts.get(file);
  }

  const packed = new Map();  // name → {base64, gzip}, put there by live_wasm.js and data_NAME.js
  const given = new Map();   // name → promise: the library has it

  async function unpacked(name) {
    const {base64, gzip} = packed.get(name);
    packed.delete(name);
    const bytes = bytesOf(base64);
    if (!gzip) return bytes;
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  /// Gives the library data of the site; docs/tools/live_site.py makes these files.
  function data(name) {
    if (!given.has(name)) {
      given.set(name, loadScript(`data_${name}.js`).then(async () => writeFile(name, await unpacked(name))));
    }
    return given.get(name);
  }

  // -------------------------------------------------------------------------------- the address

  // #NAME.CONTROL=1,2,3&NAME.steps=40 for all figures of the page; choices by their words. Values
  // that are too long for an address to share are left out.
  const longest = 6000;

  function readAddress() {
    const hash = location.hash.slice(1);
    return new Map(hash.includes('=') ? new URLSearchParams(hash) : []);
  }

  function writeAddress() {
    const parts = [];
    for (const {figure} of views) {
      for (const control of figure.controls) {
        const values = figure.settings.get(control.name);
        if (values.join() === control.start.join()) continue;
        const words = control.choices.length ? control.choices[values[0]] : values.join();
        if (!control.shared || words.length > longest) continue;
        parts.push(`${figure.name}.${control.name}=${encodeURIComponent(words).replace(/%2C/g, ',')}`);
      }
      if (figure.steps > 0) parts.push(`${figure.name}.steps=${figure.steps}`);
    }
    const address = parts.length ? `#${parts.join('&')}` : '#';
    if (location.hash !== address && (parts.length || location.hash.includes('='))) {
      history.replaceState(null, '', address);
    }
  }

  // --------------------------------------------------------------------------- elements, colors

  /// element('button', {type: 'button', class: 'x'}, 'text', child…)
  function element(tag, attributes = {}, ...children) {
    const svg = ['svg', 'g', 'path', 'line', 'rect', 'circle', 'text', 'polyline'].includes(tag);
    const made = svg ? document.createElementNS('http://www.w3.org/2000/svg', tag)
                     : document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  /// A color of the page as it is now: 'ink', 'faint', 'ground', 'positive', 'negative', 'accent',
  /// 'series-1' … 'series-5'.
  function color(name) {
    if (!colors.has(name)) {
      const style = getComputedStyle(document.querySelector('.live'));
      colors.set(name, style.getPropertyValue(`--live-${name}`).trim());
    }
    return colors.get(name);
  }

  const colors = new Map();  // until the theme changes

  function rgb(hex) {
    return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
  }

  /// Draws a matrix on a canvas, a pixel for each number. From `low` to `high` the color goes from
  /// ground to ink; 'signed' mixes the ground with one color below 0 and another above. NaN is
  /// transparent.
  function drawMatrix(canvas, {numbers, shape}, {
    signed = false, low = 0, high = 1, ground: paper = color('ground'), ink = color('ink'),
  } = {}) {
    const [rows, columns] = shape.slice(-2);
    if (canvas.width !== columns) canvas.width = columns;
    if (canvas.height !== rows) canvas.height = rows;
    const ground = rgb(paper);
    const [above, below] = (signed ? [color('positive'), color('negative')] : [ink, ink]).map(rgb);
    const image = new ImageData(columns, rows);
    for (let i = 0; i < rows * columns; ++i) {
      const value = signed ? numbers[i] / high : (numbers[i] - low) / (high - low);
      const share = Math.min(1, Math.abs(value));
      const end = value < 0 ? below : above;
      for (let c = 0; c < 3; ++c) {
        image.data[4 * i + c] = signed || value > 0 ? ground[c] + (end[c] - ground[c]) * share : ground[c];
      }
      image.data[4 * i + 3] = Number.isNaN(value) ? 0 : 255;
    }
    canvas.getContext('2d').putImageData(image, 0, 0);
  }

  /// Curves over one axis, by Chart.js, for figures that ask for `charts: true`.
  class LineChart {
    /// @param label What it shows, for readers who cannot see it.
    /// @param x, y The words at the axes; logX, logY for logarithmic ones.
    constructor(label, {x, y, logX = false, logY = false, from, to}) {
      this.canvas = element('canvas', {role: 'img', 'aria-label': label});
      this.element = element('div', {class: 'live-chart'}, this.canvas);
      const digit = (value) => Math.round(value / 10 ** Math.floor(Math.log10(value) + 1e-9));
      const power = (value) => (![1, 2, 5].includes(digit(value)) ? ''
          : withMinus(value < 1e-3 || value > 1e4 ? value.toExponential() : String(value)));
      const plain = function tick(...all) {
        return withMinus(Chart.Ticks.formatters.numeric.apply(this, all));
      };
      const axis = (words, logarithmic, more) => ({
        type: logarithmic ? 'logarithmic' : 'linear', title: {display: true, text: words},
        ticks: {callback: logarithmic ? power : plain}, grid: {}, ...more});
      this.chart = new Chart(this.canvas, {
        type: 'line',
        data: {datasets: []},
        options: {
          animation: false, responsive: true, maintainAspectRatio: false, parsing: false,
          normalized: true, events: [],
          elements: {point: {radius: 0}, line: {borderWidth: 2}},
          scales: {x: axis(x, logX), y: axis(y, logY, {min: from, max: to})},
          plugins: {legend: {labels: {boxHeight: 1}}},
        },
      });
    }

    /// The x axis from 0 to where a figure that runs will end.
    to(end) { Object.assign(this.chart.options.scales.x, {min: 0, max: end}); }

    /// @param series [{name, x, y, points, grows}]: lists of numbers; with `points` dots instead of a
    ///   line, with `grows` a dot at the end, which is new.
    show(series) {
      this.chart.data.datasets = series.map(({name, x, y, points, grows}, i) => ({
        label: name, data: Array.from(y, (value, k) => ({x: x[k], y: value})),
        borderColor: color(`series-${i % 5 + 1}`), backgroundColor: color(`series-${i % 5 + 1}`),
        borderDash: [[], [6, 3], [2, 2], [8, 3, 2, 3], [12, 4]][i % 5],
        showLine: !points, pointStyle: points || grows ? 'circle' : 'line',
        pointRadius: grows ? ({dataIndex}) => (dataIndex === y.length - 1 ? 4 : 0) : points ? 4 : 0,
      }));
      const {options} = this.chart;
      for (const scale of Object.values(options.scales)) {
        scale.title.color = scale.ticks.color = color('ink');
        scale.grid.color = color('line');
      }
      options.plugins.legend.labels.color = color('ink');
      const dots = series.some(({points}) => points);
      Object.assign(options.plugins.legend.labels,
                    {usePointStyle: dots, boxHeight: dots ? 7 : 1, pointStyleWidth: 12});
      this.chart.update();
    }
  }

  /// A program from C++, folded away, with a button that copies it: add `element` to the stage and
  /// call show(text).
  function program() {
    const code = element('code');
    const copy = element('button', {type: 'button'}, 'Copy');
    const box = element('details', {class: 'live-program'},
                        element('summary', {}, 'The same as a program in C++'), copy,
                        element('pre', {}, code));
    copy.onclick = async () => {
      try {
        await navigator.clipboard.writeText(code.textContent);
        copy.textContent = 'Copied';
      } catch {
        getSelection().selectAllChildren(code);
        copy.textContent = 'Selected: copy it with the keyboard';
      }
    };
    const show = (text) => {
      if (code.textContent === text) return;
      code.textContent = text;
      copy.textContent = 'Copy';
    };
    return {element: box, show};
  }

  // ---------------------------------------------------------------------------------- the inputs

  /// The inputs of a control; they call view.set(), and follow if something else sets the control.
  function inputsOf(view, control) {
    const id = `live-${view.figure.name}-${control.name}`;
    const help = view.help(control.name);
    const change = (values) => view.set(control.name, values);
    const refresh = (action) => view.refreshers.set(control.name, action);
    const common = {'aria-describedby': help.id};
    let field;
    if (control.choices.length) {
      field = element('select', {id, ...common},
                      ...control.choices.map((words, i) => element('option', {value: i}, words)));
      field.onchange = () => change([Number(field.value)]);
      refresh(([value]) => { field.value = value; });
    } else if (control.columns) {
      field = element('div', {class: 'live-grid', style: `--columns: ${control.columns}`});
      field.append(...control.start.map((unused, i) => view.numberInput(control.name, i)));
    } else if (control.low === 0 && control.high === 1 && control.step === 1) {
      field = element('input', {type: 'checkbox', id, ...common});
      field.onchange = () => change([field.checked ? 1 : 0]);
      refresh(([value]) => { field.checked = value !== 0; });
    } else {
      const range = element('input', {type: 'range', id, min: control.low, max: control.high,
                                      step: control.step || 'any', ...common});
      const shown = element('output', {for: id});
      range.oninput = () => change([Number(range.value)]);
      refresh(([value]) => { range.value = value; shown.textContent = withMinus(String(value)); });
      field = element('span', {class: 'live-range'}, range, shown);
    }
    const label = control.columns ? element('span', {class: 'live-label'}, control.label)
                                  : element('label', {for: id}, control.label);
    return element('div', {class: 'live-control'}, label, field, help);
  }

  // ------------------------------------------------------------------------------------ the view

  const frameBudget = 10;  // milliseconds that steps may take per frame
  const lessMotion = matchMedia('(prefers-reduced-motion: reduce)');

  /// The message if the library throws; '' if it does not.
  function refusalOf(action) {
    try {
      action();
      return '';
    } catch (error) {
      if (error instanceof Refusal) return error.message;
      throw error;
    }
  }

  /// Waits until an element is in the window, or at most so far above or below it.
  function comes(part, distance) {
    return new Promise((resolve) => {
      new IntersectionObserver((changes, observer) => {
        if (!changes.some(({isIntersecting}) => isIntersecting)) return;
        observer.disconnect();
        resolve();
      }, {rootMargin: `${distance} 0%`}).observe(part);
    });
  }

  class View {
    constructor(root, figure, maker) {
      Object.assign(this, {root, figure, maker, running: false, refreshers: new Map()});
      this.stage = element('div', {class: 'live-stage'});
      this.message = element('p', {class: 'live-message', role: 'alert'});
      this.summary = element('p', {class: 'live-summary', 'aria-live': 'polite'});
      this.row = this.buttons();
      // Above what they change, so that nothing moves away under the hand that changes it.
      root.append(...this.inputs(), this.row, this.message, this.stage, this.summary);
      if (!this.runButton) root.append(this.row);  // it only goes back to the start
      maker.build(this);
      // Outside figures, keys turn the book's pages and open its search.
      root.addEventListener('keydown', (event) => {
        if (!event.ctrlKey && !event.metaKey && !event.altKey) event.stopPropagation();
      });
      for (const {name} of figure.controls) this.follow(name);
    }

    /// The inputs of all controls that the figure does not place itself; some are folded away.
    inputs() {
      const inputs = (more) => element('div', {class: 'live-controls'}, ...this.figure.controls
          .filter((control) => control.more === more && !control.free
                               && !this.maker.places?.includes(control.name))
          .map(({name}) => this.input(name)));
      const folded = inputs(true);
      return [inputs(false), ...(folded.childElementCount ? [element(
          'details', {class: 'live-more'}, element('summary', {}, 'More settings'), folded)] : [])];
    }

    buttons() {
      const button = (words, action) => {
        const made = element('button', {type: 'button'}, words);
        made.onclick = action;
        return made;
      };
      const row = element('div', {class: 'live-buttons'});
      if (this.figure.lastStep > 0) {
        this.runButton = button('Run', () => (this.running ? this.pause() : this.rerun()));
        this.stepButton = button('One step', () => { this.pause(); this.advance(1); writeAddress(); });
        row.append(this.runButton, this.stepButton);
      }
      row.append(button('Back to the start', () => this.reset()));
      return row;
    }

    /// The help text of a control; its inputs refer to it.
    help(name) {
      return element('small', {id: `live-${this.figure.name}-${name}-help`},
                     this.figure.control(name).help);
    }

    /// The input of a control, with its label and its help.
    input(name) { return inputsOf(this, this.figure.control(name)); }

    /// An input for one of the numbers of a control.
    numberInput(name, i) {
      const {label, start, columns, low, high, step} = this.figure.control(name);
      const place = start.length > columns
          ? `row ${Math.floor(i / columns) + 1}, column ${i % columns + 1}` : i + 1;
      const input = element('input', {
        type: 'number', min: low, max: high, step: step || 'any',
        'aria-label': `${label}, ${place}`,
        'aria-describedby': `live-${this.figure.name}-${name}-help`});
      input.onchange = () => {
        const values = Array.from(this.figure.settings.get(name));
        values[i] = input.value === '' ? NaN : Number(input.value);
        this.set(name, values);
      };
      const others = this.refreshers.get(name);
      this.refreshers.set(name, (values) => { others?.(values); input.value = values[i]; });
      return input;
    }

    follow(name) { this.refreshers.get(name)?.(this.figure.settings.get(name)); }

    /// Runs something that may throw, and shows the message if it does.
    attempt(action) { this.message.textContent = refusalOf(action); }

    set(name, values) { this.change({[name]: values}); }

    /// Replaces the text of an element if it has changed, and highlights it until the next drawing.
    write(place, words) {
      if (place.textContent === words) return;
      place.textContent = words;
      if (!this.drawn) return;
      place.classList.add('live-changed');
      if (this.running || lessMotion.matches) return;
      place.animate({backgroundColor: [color('accent'), color('panel')]}, {duration: 500, easing: 'ease-out'});
    }

    /// Sets some controls. While they still change (`settled` false), address and summary wait.
    change(settings, settled = true) {
      this.touch();
      this.attempt(() => {
        for (const [name, values] of Object.entries(settings)) this.figure.set(name, values);
      });
      for (const name of Object.keys(settings)) this.follow(name);
      this.redraw(settled);
      if (settled) writeAddress();
    }

    advance(count) {
      this.attempt(() => this.figure.run(count));
      this.redraw();
    }

    /// Draws the current state.
    redraw(settled = true) {
      for (const place of this.stage.querySelectorAll('.live-changed')) place.classList.remove('live-changed');
      this.maker.draw(this);
      this.drawn = true;
      if (!settled) return;
      const summary = this.figure.text('summary');
      this.summary.ariaLive = this.running ? 'off' : 'polite';  // a screen reader reads only the final state
      if (this.summary.textContent !== summary) this.summary.textContent = summary;
      const over = this.figure.steps >= this.figure.lastStep;
      if (over) this.running = false;
      if (this.runButton) {
        this.runButton.textContent = this.running ? 'Pause' : over && this.figure.lastStep > 0 ? 'Run again' : 'Run';
        this.runButton.disabled = this.figure.lastStep === 0;
        this.stepButton.disabled = over;
      }
    }

    /// Runs to the end; from the start if it is there already.
    rerun() {
      this.touch();
      if (this.figure.steps >= this.figure.lastStep) this.figure.restart();
      this.play();
    }

    /// Makes the first steps by itself as soon as the figure is visible, unless the reader acts
    /// first. If the reader prefers reduced motion, only the result is drawn.
    async open() {
      this.opens = true;
      await comes(this.stage, '0%');
      if (this.opens) this.play();
    }

    /// The reader has taken over, so an opening stops where it is.
    touch() {
      if (this.opens) this.opens = this.running = false;
    }

    play() {
      this.running = true;
      this.redraw();
      const end = () => Math.min(this.opens ? this.maker.opening : Infinity, this.figure.lastStep);
      const quiet = this.opens && lessMotion.matches;
      let count = 1;
      let due = 0;
      let before = performance.now();
      const frame = () => {
        if (!this.running) return;
        const begun = performance.now();
        const pace = !quiet && this.maker.pace?.(this);
        if (pace) {
          due = Math.min(due + pace * (begun - before) / 1000, Math.max(1, pace / 10));
          count = Math.floor(due);
          due -= count;
        }
        before = begun;
        if (count === 0) return void next();
        const some = Math.min(count, end() - this.figure.steps);
        this.attempt(() => this.figure.run(some));
        this.running &&= this.figure.steps < end();
        if (!quiet || !this.running) this.redraw();
        const spent = performance.now() - begun;
        if (spent < frameBudget / 2) count *= 2;
        if (spent > frameBudget) count = Math.max(1, Math.floor(count / 2));
        if (this.running) return void next();
        if (this.opens) this.opens = false; else writeAddress();
      };
      const next = () => { this.pending = requestAnimationFrame(frame); };
      cancelAnimationFrame(this.pending);
      next();
    }

    pause() {
      this.opens = this.running = false;
      this.redraw();
      writeAddress();
    }

    /// The initial state, with the same seed.
    reset() {
      this.rewind();
      this.redraw();
      writeAddress();
    }

    rewind() {
      this.opens = this.running = false;
      this.message.textContent = '';
      for (const control of this.figure.controls) {
        if (this.figure.settings.get(control.name).join() !== control.start.join()) {
          this.figure.set(control.name, control.start);
        }
        this.follow(control.name);
      }
      this.figure.restart();
    }

    /// The state in an address; for invalid values, shows a message.
    async restore(address) {
      const refusals = [];
      for (const control of this.figure.controls) {
        const words = address.get(`${this.figure.name}.${control.name}`);
        if (words === undefined || !control.shared) continue;
        const {choices} = control;
        const values = choices.length ? [choices.indexOf(words)] : words.split(',').filter(Boolean).map(Number);
        refusals.push(choices.length && !choices.includes(words)
            ? `${control.label}: there is no '${words}'`
            : refusalOf(() => this.figure.set(control.name, values)));
        this.follow(control.name);
      }
      const steps = Number(address.get(`${this.figure.name}.steps`) ?? 0);
      const isOnTheWay = () => this.figure.steps < Math.min(steps, this.figure.lastStep);
      let refusal = '';
      while (isOnTheWay() && !refusal) {
        const begun = performance.now();
        while (isOnTheWay() && !refusal && performance.now() - begun < 50) {
          refusal = refusalOf(() => this.figure.run(1));
        }
        await new Promise(requestAnimationFrame);
      }
      refusals.push(refusal);
      this.message.textContent = refusals.filter(Boolean).join('; ');
    }
  }

  // --------------------------------------------------------------------------------- the answers

  let answers;  // a figure that no page shows: docs/live/answers.cpp

  /// What the library computes for an exercise, such as '1.3'; theme/answers.js compares.
  async function answerTo(exercise) {
    await started;
    answers ??= new LiveFigure('answers');
    return Array.from(answers.values(exercise).numbers);
  }

  // ----------------------------------------------------------------------------------- the start

  const started = start();  // immediately, because loading takes a while

  function define(name, maker) {
    makers.set(name, maker);
    for (const file of maker.late ? [] : maker.files ?? []) loadScript(`data_${file}.js`);
  }

  async function open(root, address) {
    const name = root.dataset.figure;
    const maker = makers.get(name);
    const files = [...(maker.files ?? []), ...(maker.filesFor?.(address) ?? [])];
    await Promise.all(files.map(data));
    if (maker.charts) await loadScript('chart.min.js');
    for (const script of maker.scripts ?? []) await loadScript(`${script}.js`);
    const still = element('div', {class: 'live-still'}, ...root.childNodes);
    still.hidden = true;
    root.append(still);
    root.setAttribute('role', 'group');
    const view = new View(root, new LiveFigure(name), maker);
    views.push(view);
    await view.restore(address);
    view.redraw();
    root.classList.add('live-ready');
    if (isIn(address, name)) root.scrollIntoView();
    else if (maker.opening) view.open();
  }

  /// Whether an address has settings or steps of a figure.
  function isIn(address, name) { return [...address.keys()].some((key) => key.startsWith(`${name}.`)); }

  /// A link or the reader has changed the address of the open page.
  async function followAddress() {
    const address = readAddress();
    if (address.size === 0) return;  // a heading
    for (const view of views) {
      await Promise.all((view.maker.filesFor?.(address) ?? []).map(data));
      view.rewind();
      await view.restore(address);
      view.redraw();
    }
  }

  async function openAll() {
    await started;
    const address = readAddress();
    for (const root of document.querySelectorAll('.live')) {
      const name = root.dataset.figure;
      if (!makers.get(name).late || isIn(address, name)) await open(root, address);
      else comes(root, '100%').then(() => open(root, readAddress()));
    }
    const redraw = () => {
      colors.clear();
      views.forEach((view) => view.redraw());
    };
    addEventListener('hashchange', followAddress);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
    new MutationObserver(redraw).observe(document.body, {attributeFilter: ['data-theme']});
  }

  addEventListener('DOMContentLoaded', openAll);

  return {define, data, packed, writeFile, element, color, rgb, drawMatrix, LineChart,
          program, withMinus, Refusal, views, answerTo};
})();
