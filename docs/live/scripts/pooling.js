'use strict';

// The image under the window with the maximum marked, the output, and where a gradient of ones goes.
live.define('pooling', {
  scripts: ['windows'],
  opening: 3,  // the whole image
  pace: (view) => live.windows.pace(view),

  build(view) {
    live.windows.build(view, []);
    view.gradient = new live.windows.Sheet('dX, if dY is all ones');
    view.y.element.after(view.gradient.element);
  },

  draw(view) {
    const {numbers: share} = view.figure.values('share');
    live.windows.draw(view, (i) => (share[i] === 1 ? 'live-winner' : ''));
    view.gradient.show(view.figure.values('gradient'), live.windows.words(view, 'gradient'));
  },
});
