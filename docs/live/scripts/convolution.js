'use strict';

// The image under the window, the kernel, their products, and the output so far.
live.define('convolution', {
  scripts: ['windows'],
  opening: 1000,  // the whole image
  pace: (view) => live.windows.pace(view),

  build(view) {
    const typed = () => view.set('weights', [...view.kernel.typed(), ...view.bias.typed()]);
    view.kernel = new live.windows.Sheet('K, the kernel', {change: typed});
    view.bias = new live.windows.Sheet('b, the bias', {change: typed});
    view.products = new live.windows.Sheet('the products');
    const weights = live.element('div', {class: 'live-sheet'}, view.kernel.element, view.bias.element,
                                 view.products.element);
    live.windows.build(view, [{element: weights}]);
    view.shapes = live.element('p', {class: 'live-shapes'});
    view.stage.append(view.shapes);
  },

  draw(view) {
    const {figure} = view;
    const chosen = figure.settings.get('kernel')[0];
    const other = view.chosen !== undefined && view.chosen !== chosen;
    view.chosen = chosen;
    if (other && figure.settings.get('weights').length) {
      view.set('weights', []);  // they were typed into another kernel
      return;
    }
    live.windows.draw(view);
    const all = {input: () => true};
    view.kernel.show(figure.values('kernel'), live.windows.words(view, 'kernel'), all);
    const bias = figure.values('bias');
    view.bias.show({numbers: bias.numbers, shape: [1, 1]}, live.windows.words(view, 'bias'), all);
    view.products.show(figure.values('products'), live.windows.words(view, 'products'));
    view.shapes.textContent = figure.text('shapes');
  },
});
