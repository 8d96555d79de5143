// The fields for the answers of exercises that ask for numbers: compares them with the right ones, as
// exercises/answers.py does at the terminal. For the small ones, such as a layer by hand, the right ones come from the
// library itself, by docs/live/answers.cpp. It is loaded when a reader first enters such a field.
'use strict';

{
  /// Whole numbers, decimals and fractions; 200,960 is one number. NaN for anything else.
  function numbersIn(text) {
    const plain = text.replaceAll('−', '-').replace(/(?<=\d),(?=\d{3}\b)/g, '');
    const words = plain.split(/[\s,;()[\]]+/).filter((word) => word);
    return words.map((word) => word.split('/').map(Number).reduce((over, under) => over / under));
  }

  const areClose = (got, want, tolerance) => got.length === want.length
      && got.every((value, i) => Math.abs(value - want[i]) <= tolerance * Math.abs(want[i]) + 1e-9);

  function judge(text, {right, wrong, tolerance, asks}) {
    const got = numbersIn(text);
    if (!got.every(Number.isFinite)) return 'Write numbers, such as 0.25, −3 or 1/4.';
    if (got.length !== right.length) {
      return `Expected ${right.length} number${right.length > 1 ? 's' : ''} (${asks}), got ${got.length}.`;
    }
    if (areClose(got, right, tolerance)) return 'Right.';
    const mistake = wrong.find(([values]) => areClose(got, values, tolerance));
    if (mistake) return mistake[1];
    if (right.length === 1) return 'That is not right.';
    const places = right.flatMap((value, i) => (areClose([got[i]], [value], tolerance) ? [] : [i + 1]));
    const last = places.pop();
    return places.length ? `Numbers ${places.join(', ')} and ${last} are not right.` : `Number ${last} is not right.`;
  }

  const folder = document.currentScript.src.replace(/theme\/[^/]*$/, 'live/');
  let loading;

  /// Loads live.js, unless the page has it for its figures.
  function library() {
    if (typeof live !== 'undefined') return Promise.resolve();
    loading ??= new Promise((loaded, failed) => {
      const script = document.createElement('script');
      script.src = `${folder}live.js`;
      script.onload = loaded;
      script.onerror = failed;
      document.head.append(script);
    });
    return loading;
  }

  async function judged(text, asked) {
    if (!asked.computed) return judge(text, asked);
    try {
      await library();
      return judge(text, {...asked, right: await live.answerTo(asked.exercise)});
    } catch {
      return `The library cannot be loaded here. At the terminal: ./book exercise ${asked.exercise} --answer "…"`;
    }
  }

  for (const form of document.querySelectorAll('form.answer')) {
    const asked = JSON.parse(form.dataset.answer);
    const input = form.querySelector('input');
    const output = form.querySelector('output');
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      const text = input.value;
      const words = await judged(text, asked);
      if (text !== input.value) return;  // the reader has gone on
      output.textContent = words;
      form.dataset.judged = text;
      form.classList.toggle('is-right', words === 'Right.');
    });
    if (asked.computed) input.addEventListener('focus', () => library().catch(() => {}), {once: true});
    form.hidden = false;  // without scripts it would do nothing
  }
}
