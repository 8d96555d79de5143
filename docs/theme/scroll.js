// What is too wide for its column can be scrolled with the keyboard: only then is it a stop of the tab key.
'use strict';

{
  const update = () => {
    for (const block of document.querySelectorAll('.highlight pre, .live pre, table.docutils')) {
      if (block.scrollWidth > block.clientWidth + 1) block.tabIndex = 0;
      else block.removeAttribute('tabindex');
    }
  };
  const observer = new ResizeObserver(update);
  observer.observe(document.querySelector('article'));
  document.fonts.ready.then(update);
}
